//! .NET: ASP.NET Core, its tickets, ASP.NET of the framework, ServiceStack.

use crate::layout::Layout;

pub mod aspnet_redis_provider;
pub mod aspnetcore;
pub mod aspnetcore_sql;
pub mod aspnetcore_ticket;
pub mod servicestack;

/// In the order in which they are asked within a rank: the special before the general.
pub const ALL: &[&Layout] = &[
    &aspnetcore::LAYOUT,
    &aspnetcore_ticket::LAYOUT,
    &aspnet_redis_provider::LAYOUT,
    &aspnet_redis_provider::V4,
    &servicestack::LAYOUT,
    &aspnetcore_sql::LAYOUT,
];
