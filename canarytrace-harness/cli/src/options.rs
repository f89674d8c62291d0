//! `canarytrace options`: every option there is.

use std::fmt::Write as _;

use canarytrace::config::{OPTIONS, options_table};
use clap::Args;

use crate::print;

/// List every option: variable, key in canarytrace.toml, meaning, default
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print the tables of the README
    #[arg(long)]
    markdown: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    print::out(&if arguments.markdown { options_table() } else { for_terminals() })
}

fn for_terminals() -> String {
    let mut text = String::new();
    let mut group = "";
    for option in OPTIONS {
        if option.group != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            group = option.group;
            // Writing to a String can't fail.
            let _ = writeln!(text, "{gap}{group}");
        }
        let _ = writeln!(text, "\n  {}", option.env);
        // The backticks are Markdown.
        text += &print::wrap(&option.doc.replace('`', ""), "      ");
        text += &print::wrap(&format!("default: {}", option.fallback.words().replace('`', "")), "      ");
    }
    text
}
