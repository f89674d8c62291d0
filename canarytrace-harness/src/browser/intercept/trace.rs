//! Trace ids: what connects a request of the browser with what servers log and trace of it.

use std::fmt::Write as _;

use ring::rand::{SecureRandom, SystemRandom};

use super::request::header;

/// W3C Trace Context.
const TRACEPARENT: &str = "traceparent";

/// Adds the headers of a trace; a new trace with each request, as each is one that servers answer.
#[derive(Debug)]
pub(super) struct Tracer {
    /// The header with the id alone.
    pub(super) name: String,
    random: SystemRandom,
}

impl Tracer {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), random: SystemRandom::new() }
    }

    /// The headers that a request gets which has these already. What the page itself sends is left as it is: a trace
    /// that its own monitoring began goes on.
    pub(super) fn headers(&self, existing: &[(String, String)]) -> Vec<(String, String)> {
        let mut more = Vec::new();
        let id = if let Some(traceparent) = header(existing, TRACEPARENT) {
            trace_id(traceparent).map(str::to_owned)
        } else {
            let ids = self.hex::<16>().zip(self.hex::<8>());
            if let Some((trace, span)) = &ids {
                more.push((TRACEPARENT.to_owned(), format!("00-{trace}-{span}-01")));
            }
            ids.map(|(trace, _)| trace)
        };
        if let Some(id) = id
            && header(existing, &self.name).is_none()
            && !self.name.eq_ignore_ascii_case(TRACEPARENT)
        {
            more.push((self.name.clone(), id));
        }
        more
    }

    /// Random bytes as hexadecimal digits; `None` when the system gives none. All zeros mean "no id" (W3C).
    fn hex<const BYTES: usize>(&self) -> Option<String> {
        let mut bytes = [0; BYTES];
        while bytes == [0; BYTES] {
            self.random.fill(&mut bytes).ok()?;
        }
        Some(bytes.iter().fold(String::new(), |mut text, byte| {
            _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

/// The trace's id in a `traceparent`: `version-trace-span-flags`.
fn trace_id(traceparent: &str) -> Option<&str> {
    let id = traceparent.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn both_headers_carry_the_same_new_id() {
        let tracer = Tracer::new("canary-trace-id");
        let [(parent, first), (name, id)] = &tracer.headers(&[])[..] else { panic!("two headers") };
        assert_eq!((parent.as_str(), name.as_str()), ("traceparent", "canary-trace-id"));
        let parts: Vec<&str> = first.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[2].len(), parts[3]), ("00", id.as_str(), 16, "01"));
        assert_eq!(trace_id(first), Some(id.as_str()));
        assert_ne!(header(&tracer.headers(&[]), "traceparent"), Some(first.as_str()));
    }

    #[test]
    fn what_the_page_sends_itself_stays_and_gives_its_id() {
        let tracer = Tracer::new("canary-trace-id");
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(tracer.headers(&own("Traceparent", parent)), own("canary-trace-id", id));
        assert_eq!(tracer.headers(&own("traceparent", "none of W3C")), []);
        let with_id = tracer.headers(&own("Canary-Trace-Id", "mine"));
        assert_eq!(with_id.len(), 1);
        assert_eq!(with_id[0].0, "traceparent");
        assert_eq!(Tracer::new("traceparent").headers(&[]).len(), 1);
    }
}
