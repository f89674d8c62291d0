//! The way to a server: name lookup, TCP connection, the name in its certificate.

use std::io;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use url::{Host, Url};

use super::clock::{Clock, Doing};
use super::masked;
use super::trouble::Trouble;
use crate::record::Fault;

pub(super) async fn look_up(url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
    let Some(port) = url.port_or_known_default() else {
        return Err(Trouble::http(format!("{} has no port", masked(url))));
    };
    let dns = |message: String| Trouble { phase: "dns", fault: Fault::Network, message };
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(vec![SocketAddr::new(IpAddr::V4(ip), port)]),
        Some(Host::Ipv6(ip)) => Ok(vec![SocketAddr::new(IpAddr::V6(ip), port)]),
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            let addresses: Vec<_> = found.map_err(|error| dns(format!("{name} can't be resolved: {error}")))?.collect();
            if addresses.is_empty() { Err(dns(format!("{name} has no address"))) } else { Ok(addresses) }
        }
        None => Err(Trouble::http(format!("{} names no host", masked(url)))),
    }
}

/// Tries the addresses in their order, each with its share of the time that is left.
pub(super) async fn connect(addresses: &[SocketAddr], clock: &Clock) -> Result<TcpStream, Trouble> {
    let mut trouble = clock.too_late(Doing::Connecting);
    for (tried, address) in addresses.iter().enumerate() {
        let to_try = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match tokio::time::timeout(clock.left() / to_try, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A small request must not wait for company.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => {
                // Refused: the machine is there and the application is not. Anything else is the way to it.
                let refused = error.kind() == io::ErrorKind::ConnectionRefused;
                let fault = if refused { Fault::Application } else { Fault::Network };
                let message = format!("no connection to {address}: {error}");
                trouble = Trouble { phase: "connect", fault, message };
            }
            Err(_) => trouble = clock.too_late(Doing::Connecting),
        }
    }
    Err(trouble)
}

pub(super) fn server_name(url: &Url) -> Result<ServerName<'static>, Trouble> {
    let bad = |host: &str| Trouble {
        phase: "tls",
        fault: Fault::Application,
        message: format!("no certificate can be made out for the name {host}"),
    };
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(ServerName::from(IpAddr::V4(ip))),
        Some(Host::Ipv6(ip)) => Ok(ServerName::from(IpAddr::V6(ip))),
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| bad(name)),
        None => Err(bad("")),
    }
}
