//! Ends a server of tests once no test uses it any more: `canarytrace_cli::dev_server` starts it.

fn main() -> anyhow::Result<()> {
    canarytrace_cli::dev_server::watch(std::env::args_os().skip(1))
}
