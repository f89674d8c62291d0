//! `canarytrace site`: the practice shop, in the foreground.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::anyhow;
use canarytrace::config::Config;
use canarytrace::site::serve_forever;
use clap::Args;

/// Serve the practice shop on localhost until Ctrl+C
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Port, 0 for any free one; else `CANARYTRACE_SITE_PORT`
    #[arg(long)]
    port: Option<u16>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let port = match arguments.port {
        Some(port) => port,
        None => Config::load()?.site_port,
    };
    let listening = |address: SocketAddr| {
        // Who closed the output does not want to read it; the shop is there all the same.
        let _ = writeln!(
            io::stdout(),
            "practice shop:        http://{address}/\n\
             pages to practise on: http://{address}/practice/\n\
             pages that misbehave: http://{address}/faults/\n\
             pages to calibrate:   http://{address}/calibration/\n\
             faults of the shop:   http://{address}/switchboard\n\
             API:                  http://{address}/api/\n\
             end with Ctrl+C"
        );
    };
    serve_forever(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), listening).map_err(|failure| anyhow!(failure.message))
}
