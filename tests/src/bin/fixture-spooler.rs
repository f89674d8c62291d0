//! Runs without browsers: documents that were generated, through the real spool and, with a cluster, the real shipper.
//!
//! Options come from the environment, as for monitors; how many documents from the arguments.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use canarytrace_tests::generated::Documents;
use canarytrace_tests::session::Session;

/// What the arguments say.
struct Arguments {
    /// Documents of each run.
    documents: usize,
    /// Runs, one after the other.
    runs: u64,
    /// Documents a second; 0 for as fast as it goes.
    rate: u32,
    /// A step ends, and is on disk, after so many documents.
    step: usize,
    /// After so many documents of the first run it waits for a line on standard input.
    hold: Option<usize>,
    seed: u64,
}

fn main() -> Result<()> {
    spool(&arguments()?)
}

fn arguments() -> Result<Arguments> {
    let mut all = Arguments { documents: 100, runs: 1, rate: 0, step: 50, hold: None, seed: 1 };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let number = given.next().with_context(|| format!("{name} needs a number"))?;
        match name.as_str() {
            "--documents" => all.documents = number.parse()?,
            "--runs" => all.runs = number.parse()?,
            "--rate" => all.rate = number.parse()?,
            "--step" => all.step = number.parse()?,
            "--hold" => all.hold = Some(number.parse()?),
            "--seed" => all.seed = number.parse()?,
            _ => bail!("{name} is not known; there are --documents, --runs, --rate, --step, --hold and --seed"),
        }
    }
    Ok(all)
}

fn spool(arguments: &Arguments) -> Result<()> {
    let session = Session::open()?;
    for run in 0..arguments.runs {
        run_one(arguments, arguments.seed.wrapping_add(run), &session);
    }
    say("spooled");
    session.end()
}

fn run_one(arguments: &Arguments, seed: u64, session: &Session) {
    let documents = Documents::new(seed);
    let run = documents.run().clone();
    session.begin(&run);
    say(&format!("run {}", run.uuid));
    let mut pace = Pace::new(arguments.rate);
    for (number, document) in documents.take(arguments.documents).enumerate() {
        pace.wait();
        session.document(&run, document);
        if (number + 1).is_multiple_of(arguments.step) {
            session.step(&run);
        }
        if seed == arguments.seed && arguments.hold == Some(number + 1) {
            say("held");
            // Without anybody who could write a line it goes on.
            let _ = std::io::stdin().read_line(&mut String::new());
        }
    }
    session.close(&run);
}

/// Says it at once: tests wait for it.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Keeps to a rate.
struct Pace {
    started: Instant,
    rate: u32,
    made: u32,
}

impl Pace {
    fn new(rate: u32) -> Self {
        Self { started: Instant::now(), rate, made: 0 }
    }

    fn wait(&mut self) {
        if self.rate > 0 {
            let due = self.started + Duration::from_secs(1) * self.made / self.rate;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            self.made += 1;
        }
    }
}
