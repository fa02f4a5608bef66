//! Addresses and networks, as they are typed and as applications note them.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// An address as applications note it: alone, with a port, with a zone, or first of several that
/// proxies have added. IPv4 in IPv6 is IPv4.
pub fn parse_address(text: &str) -> Option<IpAddr> {
    let first = text.split(',').next().unwrap_or(text).trim();
    let parse = |text: &str| {
        let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
        address.ok().map(|address: IpAddr| address.to_canonical())
    };
    parse(first).or_else(|| parse(first.split_once('%')?.0))
}

pub fn parse_net(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let net = text.parse::<IpNet>().ok().or_else(|| parse_address(text).map(IpNet::from))?;
    // `::ffff:192.0.2.0/120` means the IPv4 network, as addresses are compared in that form.
    match (net.addr().to_canonical(), net.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(length)) if net.addr().is_ipv6() => {
            IpNet::new(IpAddr::V4(address), length).ok()
        }
        _ => Some(net.trunc()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for text in ["192.0.2.1", "192.0.2.1:80", "::ffff:192.0.2.1", "192.0.2.1, 10.0.0.1", " 192.0.2.1 "] {
            assert_eq!(parse_address(text).unwrap().to_string(), "192.0.2.1", "{text}");
        }
        assert_eq!(parse_address("[2001:db8::1]:443").unwrap().to_string(), "2001:db8::1");
        assert_eq!(parse_address("fe80::1%eth0").unwrap().to_string(), "fe80::1");
        assert_eq!(parse_address("unknown"), None);
        assert_eq!(parse_net("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
    }
}
