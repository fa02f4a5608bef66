//! Browsers by family, and addresses by network: what says more of many than each name does.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::text::shape::beginning;

/// What a User-Agent header begins or goes on with, and whose it is. The first that is found counts, as
/// most of them name those that they want to be taken for.
const FAMILIES: &[(&str, &str)] = &[
    ("bot", "bots"),
    ("crawler", "bots"),
    ("spider", "bots"),
    ("slurp", "bots"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("opera", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("fxios", "Firefox"),
    ("firefox", "Firefox"),
    ("crios", "Chrome"),
    ("chromium", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
    ("applewebkit", "WebKit"),
    ("trident", "Internet Explorer"),
    ("msie", "Internet Explorer"),
    ("curl", "curl"),
    ("wget", "Wget"),
    ("okhttp", "OkHttp"),
    ("python", "Python"),
    ("go-http-client", "Go"),
    ("java", "Java"),
    ("node", "Node.js"),
    ("axios", "Node.js"),
    ("postman", "Postman"),
    ("php", "PHP"),
    ("ruby", "Ruby"),
];

/// The family of a browser by its User-Agent.
pub fn family(agent: &str) -> &'static str {
    let agent = beginning(agent, 1024).to_ascii_lowercase();
    let found = FAMILIES.iter().find(|(mark, _)| agent.contains(mark));
    found.map_or("other", |(_, family)| family)
}

/// The network that an address is in, as far as one can tell from outside: a /24, or a /48 of IPv6.
pub fn network(ip: &str) -> Option<String> {
    let ip: IpAddr = ip.trim().parse().ok()?;
    let ip = ip.to_canonical();
    let length = if ip.is_ipv4() { 24 } else { 48 };
    Some(IpNet::new(ip, length).ok()?.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_families() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36";
        assert_eq!(family(chrome), "Chrome");
        assert_eq!(family(&format!("{chrome} Edg/129.0")), "Edge");
        assert_eq!(family("Mozilla/5.0 (compatible; Googlebot/2.1)"), "bots");
        assert_eq!(family("curl/8.5.0"), "curl");
        assert_eq!(family("???"), "other");
    }

    #[test]
    fn addresses_have_networks() {
        assert_eq!(network("192.0.2.77").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(network("::ffff:192.0.2.77").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(network("2001:db8:7:1::9").as_deref(), Some("2001:db8:7::/48"));
        assert_eq!(network("proxy"), None);
    }
}
