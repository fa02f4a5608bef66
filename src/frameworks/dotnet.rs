//! .NET: ASP.NET Core, its tickets, ASP.NET of the framework, ServiceStack.

pub mod aspnet_redis_provider;
pub mod aspnetcore;
pub mod aspnetcore_ticket;
pub mod servicestack;
