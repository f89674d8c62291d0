//! Pictures of what the browser draws (`Page.screencastFrame`): taken out of their messages, so that neither the log nor
//! the masking has to do with megabytes, and kept as a filmstrip.
//!
//! In the place of the picture, the message gets its histogram: so a replay of the log computes visual progress again.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::sync::Arc;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::parts::Parts;
use crate::collect::histogram::Histogram;
use crate::devtools::CdpEvent;
use crate::devtools::protocol::{Event, Message};
use crate::run::state::RunState;

/// The message with a picture.
pub(super) const FRAME: &str = "Page.screencastFrame";

/// A filmstrip is at most this long, bytes: a page that is a film would fill the disk.
const LONGEST: usize = 32 * 1024 * 1024;

/// The picture of a message, in base64.
pub(super) struct Picture<'a>(Cow<'a, str>);

/// Takes the picture out of a message. With `histogram`, what visual progress needs of it comes in its place. Returns the
/// rest of the message as JSON, and the picture.
pub(super) fn split(event: &CdpEvent, histogram: bool) -> (String, Option<Picture<'_>>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Params<'a> {
        #[serde(borrow)]
        data: Cow<'a, str>,
        #[serde(borrow)]
        metadata: Option<&'a RawValue>,
        session_id: Option<Value>,
    }
    #[derive(Deserialize)]
    struct Frame<'a> {
        #[serde(borrow)]
        params: Params<'a>,
    }
    let mut message = json!({ "method": FRAME, "params": { "data": "" } });
    if let Some(session_id) = &event.session_id {
        message["sessionId"] = session_id.as_str().into();
    }
    let Ok(Frame { params }) = serde_json::from_str::<Frame<'_>>(event.text()) else {
        return (message.to_string(), None);
    };
    // Numbers stay as the browser wrote them.
    let metadata = params.metadata.and_then(|metadata| serde_json::from_str(metadata.get()).ok());
    message["params"]["metadata"] = metadata.unwrap_or(Value::Null);
    message["params"]["sessionId"] = params.session_id.into();
    if histogram && let Some(histogram) = histogram_of(&params.data) {
        message["params"]["canarytraceHistogram"] = histogram.to_json();
    }
    (message.to_string(), Some(Picture(params.data)))
}

/// The histogram of a JPEG in base64.
fn histogram_of(base64: &str) -> Option<Histogram> {
    let jpeg = base64::engine::general_purpose::STANDARD.decode(base64).ok()?;
    let options = DecoderOptions::new_fast().jpeg_set_out_colorspace(ColorSpace::RGB);
    match JpegDecoder::new_with_options(ZCursor::new(&jpeg), options).decode() {
        Ok(pixels) => Some(Histogram::of_rgb(&pixels)),
        Err(error) => {
            tracing::debug!(%error, "a picture of the browser could not be read");
            None
        }
    }
}

/// An HTML file with the pictures of an attempt, which needs nothing else to be looked at.
#[derive(Debug)]
pub(super) struct Filmstrip {
    parts: Parts,
    length: usize,
    left_out: usize,
    /// Documents that were asked for: session, loader and when, s.
    asked: Vec<(String, String, f64)>,
    /// Since when the page loads that is in the strip now, s.
    start: Option<f64>,
    /// The picture before.
    before: String,
}

impl Filmstrip {
    pub(super) fn new(run: &Arc<RunState>, name: String) -> io::Result<Self> {
        let parts = Parts::new(run, name);
        let mut strip = Self { parts, length: 0, left_out: 0, asked: Vec::new(), start: None, before: String::new() };
        let title = escaped(&format!("{}, attempt {}", run.info.monitor, run.attempt()));
        // It may hold what a page says: nothing in it is ever run or fetched.
        strip.write(&format!(
            "<!doctype html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n<title>{title}</title>\n\
             <style>body {{ font: 14px sans-serif }} figure {{ display: inline-block; margin: 4px }} \
             img {{ width: 240px; border: 1px solid #999; display: block }}</style>\n<h1>{title}</h1>\n"
        ))?;
        Ok(strip)
    }

    /// Takes note of what a message, masked, says about steps and pages.
    pub(super) fn look(&mut self, message: &Message<'_>) -> io::Result<()> {
        let session = message.session_id.as_deref().unwrap_or_default();
        match &message.event {
            Event::StepStarted(step) => {
                let heading = format!("<h2>{}</h2>\n", escaped(step.title.text()));
                self.write(&heading)
            }
            Event::RequestWillBeSent(request)
                if request.kind.text() == "Document" && request.request_id.text() == request.loader_id.text() =>
            {
                let loader = request.loader_id.text();
                if let Some(at) = request.timestamp.number()
                    && !self.asked.iter().any(|(of, asked, _)| of == session && asked == loader)
                {
                    self.asked.push((session.to_owned(), loader.to_owned(), at));
                }
                Ok(())
            }
            Event::FrameNavigated(navigated) => {
                let Some(frame) = navigated.frame.get().filter(|frame| frame.parent_id.text().is_empty()) else {
                    return Ok(());
                };
                let loader = frame.loader_id.text();
                let asked = self.asked.iter().find(|(of, asked, _)| of == session && asked == loader);
                self.start = asked.map(|(_, _, at)| *at);
                self.asked.retain(|(of, _, _)| of != session);
                self.before.clear();
                let heading = format!("<h3>{}</h3>\n", escaped(frame.url.text()));
                self.write(&heading)
            }
            _ => Ok(()),
        }
    }

    /// Adds a picture, unless it is the same as the one before. `message` is what it was taken out of.
    pub(super) fn push(&mut self, message: &Message<'_>, picture: Picture<'_>) -> io::Result<()> {
        let Event::ScreencastFrame(frame) = &message.event else { return Ok(()) };
        let (Some(start), Picture(picture)) = (self.start, picture) else { return Ok(()) };
        if picture == self.before.as_str() {
            return Ok(());
        }
        if self.length + picture.len() > LONGEST {
            self.left_out += 1;
            return Ok(());
        }
        let at = frame.metadata.get().and_then(|metadata| metadata.monotonic_timestamp.number());
        let at = at.map_or_else(String::new, |at| format!("{:.0} ms", (at - start) * 1000.0));
        // Base64 has no sign that means something in HTML; what is none is not let in.
        if picture.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)) {
            let figure = format!(
                "<figure><img alt=\"\" src=\"data:image/jpeg;base64,{picture}\"><figcaption>{at}</figcaption></figure>\n"
            );
            self.write(&figure)?;
        }
        self.before = picture.into_owned();
        Ok(())
    }

    fn write(&mut self, html: &str) -> io::Result<()> {
        self.length += html.len();
        self.parts.write_all(html.as_bytes())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.parts.flush()
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.left_out > 0 {
            let note = format!("<p>{} more pictures were left out: the strip is full.</p>\n", self.left_out);
            self.write(&note)?;
        }
        self.flush()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(data: &str) -> CdpEvent {
        let text = json!({
            "method": FRAME, "sessionId": "S",
            "params": { "data": data, "metadata": { "monotonicTimestamp": 12.25 }, "sessionId": 3 },
        });
        CdpEvent::of_ours(FRAME, text.to_string())
    }

    #[test]
    fn a_picture_leaves_its_message_and_its_time_stays() {
        let event = frame("AAAA");
        let (rest, picture) = split(&event, true);
        assert_eq!(picture.unwrap().0, "AAAA");
        let rest: Value = serde_json::from_str(&rest).unwrap();
        assert_eq!(rest["params"]["metadata"]["monotonicTimestamp"], 12.25);
        assert_eq!((&rest["params"]["data"], rest["params"].get("canarytraceHistogram")), (&"".into(), None));
    }

    #[test]
    fn what_is_no_picture_is_no_failure() {
        for text in ["{}", "[", r#"{"params":{"data":7}}"#] {
            let event = CdpEvent::of_ours(FRAME, text.to_owned());
            let (rest, picture) = split(&event, true);
            assert!(picture.is_none() && Message::parse(&rest).is_ok(), "{text}");
        }
    }
}
