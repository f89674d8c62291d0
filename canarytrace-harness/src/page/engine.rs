//! The script that looks at a page for us, in a world of its own in each frame: the page's scripts neither see it nor
//! can break it, and nothing that the page does (a dialog, a load that never ends) makes it wait.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::locator::Query;
use super::page::{DEATH_NOTICE, Page};
use crate::devtools::timeline::WORLD;
use crate::devtools::{CdpError, Session};
use crate::record::{Failure, FailureKind, Fault};

/// The script: an expression whose value is the engine.
const ENGINE: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("engine/select.js"),
    include_str!("engine/state.js"),
    include_str!("engine/ready.js"),
    include_str!("engine/input.js"),
    include_str!("engine/similar.js"),
    include_str!("engine/expect.js"),
    include_str!("engine/main.js"),
    "})()"
);

/// How long a page may take to answer beyond the caller's deadline: a page whose script is busy is told from one that
/// lacks an element.
const BUSY_LIMIT: Duration = Duration::from_secs(2);

/// What an engine answered, or why there was none yet.
#[derive(Debug)]
pub(crate) enum Asked<T> {
    /// The answer, and where it was given.
    Answer(T, World),
    /// There is no such frame (yet), or its page is just being replaced.
    Not(String),
}

/// Our world in one document.
#[derive(Clone, Debug)]
pub(crate) struct World {
    session: Session,
    frame: String,
    /// `Runtime.ExecutionContextId`
    context: i64,
    /// `Runtime.RemoteObjectId` of the engine.
    engine: String,
    /// `Runtime.RemoteObjectId` of the document.
    document: String,
}

/// Our worlds in the frames of one window, by the frames' ids.
#[derive(Debug, Default)]
pub(crate) struct Worlds(Mutex<HashMap<String, World>>);

impl Worlds {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, World>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world in `frame`, made now if there is none. `near` is a session that may know the frame; a frame of
    /// another process is a target of its own.
    async fn get(&self, near: &Session, frame: &str) -> Result<World, CdpError> {
        if let Some(world) = self.lock().get(frame) {
            return Ok(world.clone());
        }
        let world = match World::create(near, frame).await {
            Err(CdpError::Refused { message, .. }) if message.contains("No frame") => {
                let session = Session::attach(near.connection(), frame).await?;
                World::create(&session, frame).await?
            }
            other => other?,
        };
        self.lock().insert(frame.to_owned(), world.clone());
        Ok(world)
    }

    /// A world whose document is gone.
    fn forget(&self, frame: &str) {
        self.lock().remove(frame);
    }
}

impl World {
    async fn create(session: &Session, frame: &str) -> Result<Self, CdpError> {
        let reply = session.send("Page.createIsolatedWorld", json!({ "frameId": frame, "worldName": WORLD })).await?;
        let context = reply["executionContextId"].as_i64().unwrap_or_default();
        let engine = json!({ "expression": ENGINE, "contextId": context });
        let document = json!({ "expression": "document", "contextId": context });
        let (engine, document) =
            tokio::try_join!(session.send("Runtime.evaluate", engine), session.send("Runtime.evaluate", document))?;
        let id = |reply: &Value| reply["result"]["objectId"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            session: session.clone(),
            frame: frame.to_owned(),
            context,
            engine: id(&engine),
            document: id(&document),
        })
    }

    /// The `DevTools` session of the frame's process.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Calls the engine with elements of the accessibility tree that `query` may need.
    async fn call(&self, mut request: Value, query: Option<&Query>, limit: Duration) -> Result<Value, CdpError> {
        let mut arguments = vec![Value::Null];
        if let Some(query) = query {
            request["roles"] = self.roles(query, &mut arguments).await?;
        }
        arguments[0] = json!({ "value": request });
        let params = json!({
            "functionDeclaration": "function(request, ...nodes) { return this.run(request, nodes); }",
            "objectId": self.engine,
            "arguments": arguments,
            "returnByValue": true,
            "awaitPromise": true,
        });
        let found_roles = arguments.len() > 1;
        let reply = self.session.send_within(limit, "Runtime.callFunctionOn", params).await;
        if found_roles {
            let session = self.session.clone();
            tokio::spawn(async move {
                // Nothing is lost when it fails: the document, and all that is held of it, is gone then.
                _ = session.send("Runtime.releaseObjectGroup", json!({ "objectGroup": WORLD })).await;
            });
        }
        let reply = reply?;
        if let Some(exception) = reply.get("exceptionDetails") {
            let text = exception.pointer("/exception/description").and_then(Value::as_str).unwrap_or("unknown");
            return Err(CdpError::Refused {
                method: "the engine in the page".to_owned(),
                code: 0,
                message: text.to_owned(),
            });
        }
        Ok(reply["result"]["value"].clone())
    }

    /// What the accessibility tree has of the roles in `query` (`Accessibility.queryAXTree`). The elements are appended
    /// to `arguments`, their names returned.
    async fn roles(&self, query: &Query, arguments: &mut Vec<Value>) -> Result<Value, CdpError> {
        let mut roles: Vec<(&'static str, Vec<_>)> = Vec::new();
        for (role, name) in query.roles() {
            let role = role.in_tree();
            match roles.iter_mut().find(|(other, _)| *other == role) {
                Some((_, names)) => names.push(name),
                None => roles.push((role, vec![name])),
            }
        }
        let mut described = Vec::new();
        for (role, wanted) in roles {
            let params = json!({ "objectId": self.document, "role": role });
            let reply = self.session.send("Accessibility.queryAXTree", params).await?;
            let nodes = reply["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
            let mut names = Vec::new();
            let mut resolving = Vec::new();
            for node in nodes {
                let name = node.pointer("/name/value").and_then(Value::as_str).unwrap_or_default();
                // Each element costs a call: those that can't be meant are left out here. Only the browser knows the
                // dialect of regular expressions.
                let is_candidate = wanted.iter().any(|wanted| wanted.matches(name).unwrap_or(true));
                if node["ignored"] == true || !is_candidate {
                    continue;
                }
                names.push(name);
                let params = json!({
                    "backendNodeId": node["backendDOMNodeId"],
                    "executionContextId": self.context,
                    "objectGroup": WORLD,
                });
                resolving.push(self.session.send("DOM.resolveNode", params));
            }
            for resolved in join_all(resolving).await {
                arguments.push(match resolved {
                    Ok(reply) => json!({ "objectId": reply["object"]["objectId"] }),
                    // Gone since the tree was asked.
                    Err(CdpError::Refused { .. }) => json!({ "value": null }),
                    Err(error) => return Err(error),
                });
            }
            described.push(json!({ "role": role, "names": names }));
        }
        Ok(Value::Array(described))
    }

    /// `Runtime.RemoteObjectId` of an element that the engine keeps under `handle`, in our world.
    pub(crate) async fn object(&self, handle: u64) -> Result<Option<String>, CdpError> {
        let params = json!({
            "functionDeclaration": "function(handle) { return this.elementOf(handle); }",
            "objectId": self.engine,
            "arguments": [{ "value": handle }],
        });
        let reply = self.session.send("Runtime.callFunctionOn", params).await?;
        Ok(reply["result"]["objectId"].as_str().map(str::to_owned))
    }

    /// What `DOM.describeNode` says of the element that the engine keeps under `handle`.
    pub(crate) async fn node(&self, handle: u64) -> Result<Option<Value>, CdpError> {
        let Some(object) = self.object(handle).await? else { return Ok(None) };
        let reply = self.session.send("DOM.describeNode", json!({ "objectId": object })).await;
        _ = self.session.send("Runtime.releaseObject", json!({ "objectId": object })).await;
        Ok(Some(reply?["node"].take()))
    }
}

/// A point in CSS px, from the upper left corner of a frame's or the window's viewport.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, serde::Serialize)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// The engine's answer to `frame`.
#[derive(Debug, Deserialize)]
struct FrameAnswer {
    handle: Option<u64>,
    point: Option<Point>,
    obstacle: Option<String>,
}

impl Page {
    /// Asks the engine in the document that lies in `frames`. `request` names the operation and what it needs; `query`
    /// is what it is asked for, if it is asked for elements.
    ///
    /// # Errors
    /// The browser is dead, the page does not answer, or `query` is none (kind [`FailureKind::Locator`]).
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        frames: &[Query],
        request: Value,
        query: Option<&Query>,
        deadline: Instant,
    ) -> Result<Asked<T>, Failure> {
        let world = match self.world(frames, deadline).await? {
            Asked::Answer((), world) => world,
            Asked::Not(obstacle) => return Ok(Asked::Not(obstacle)),
        };
        self.ask_in(&world, request, query, deadline).await
    }

    /// Like [`ask`](Self::ask), in a document that an answer before came from.
    pub(crate) async fn ask_in<T: DeserializeOwned>(
        &self,
        world: &World,
        mut request: Value,
        query: Option<&Query>,
        deadline: Instant,
    ) -> Result<Asked<T>, Failure> {
        if let Some(query) = query {
            request["query"] = json!(query);
        }
        request["testIds"] = json!(self.config().test_id_attributes);
        let limit = deadline.saturating_duration_since(Instant::now()).max(BUSY_LIMIT);
        let reply = self.alive(world.call(request, query, limit)).await?;
        match reply {
            Ok(mut reply) => {
                if let Some(mistake) = reply["mistake"].as_str() {
                    return Err(Failure::new(FailureKind::Locator, mistake).blame(Fault::Harness));
                }
                let answer = reply["answer"].take();
                serde_json::from_value(answer.clone())
                    .map(|answer| Asked::Answer(answer, world.clone()))
                    .map_err(|error| Failure::harness(format!("the engine in the page answered {answer}: {error}")))
            }
            Err(error) => self.no_answer(&world.frame, error).await,
        }
    }

    /// Our world in the document that lies in `frames`.
    async fn world(&self, frames: &[Query], deadline: Instant) -> Result<Asked<()>, Failure> {
        let session = self.devtools();
        let mut world = match self.alive(self.worlds().get(session, session.target_id())).await? {
            Ok(world) => world,
            Err(error) => return self.no_answer(session.target_id(), error).await,
        };
        for frame in frames {
            let request = json!({ "op": "frame" });
            let answer = match self.ask_in::<FrameAnswer>(&world, request, Some(frame), deadline).await? {
                Asked::Answer(answer, _) => answer,
                Asked::Not(obstacle) => return Ok(Asked::Not(obstacle)),
            };
            let Some(handle) = answer.handle else {
                let obstacle = answer.obstacle.unwrap_or_default();
                return Ok(Asked::Not(format!("of the frame {frame} {obstacle}")));
            };
            let inside = self
                .alive(async {
                    let node = world.node(handle).await?;
                    match node.as_ref().and_then(|node| node["frameId"].as_str()) {
                        Some(id) => self.worlds().get(&world.session, id).await.map(Some),
                        None => Ok(None),
                    }
                })
                .await?;
            world = match inside {
                Ok(Some(inside)) => inside,
                Ok(None) => return Ok(Asked::Not(format!("the frame {frame} holds no document"))),
                Err(error) => return self.no_answer(&world.frame, error).await,
            };
        }
        Ok(Asked::Answer((), world))
    }

    /// The point of the window where a point in `frames` is; `hit` asks whether nothing covers it there.
    pub(crate) async fn point_in_window(
        &self,
        frames: &[Query],
        mut point: Point,
        hit: bool,
        deadline: Instant,
    ) -> Result<Result<Point, String>, Failure> {
        for depth in (0..frames.len()).rev() {
            let request = json!({ "op": "frame", "point": point, "hit": hit });
            match self.ask::<FrameAnswer>(&frames[..depth], request, Some(&frames[depth]), deadline).await? {
                Asked::Answer(FrameAnswer { point: Some(outer), .. }, _) => point = outer,
                Asked::Answer(answer, _) => return Ok(Err(answer.obstacle.unwrap_or_default())),
                Asked::Not(obstacle) => return Ok(Err(obstacle)),
            }
        }
        Ok(Ok(point))
    }

    /// Why there was no answer: a document that is being replaced is asked again, all else is a failure.
    async fn no_answer<T>(&self, frame: &str, error: CdpError) -> Result<Asked<T>, Failure> {
        match error {
            CdpError::Refused { message, .. } | CdpError::Unreadable { reason: message, .. } => {
                self.worlds().forget(frame);
                Ok(Asked::Not(format!("the page was just being replaced ({})", message.trim_end_matches('.'))))
            }
            CdpError::Timeout { .. } => Err(self.no_reply("look at the page")),
            CdpError::Closed { .. } | CdpError::Connect { .. } => Err(self.lost(&error).await),
        }
    }

    /// Makes a call on the page; a browser that dies, a window that is closed and a dialog that nobody waits for end it.
    pub(super) async fn alive<T>(&self, call: impl Future<Output = T>) -> Result<T, Failure> {
        self.usable().await?;
        let answer = tokio::select! {
            biased;
            failure = self.end() => return Err(failure),
            answer = call => answer,
        };
        match self.unexpected_dialog() {
            Some(failure) => Err(failure),
            None => Ok(answer),
        }
    }

    /// The failure of a connection that was lost: what became of the browser, once that is known.
    pub(super) async fn lost(&self, error: &CdpError) -> Failure {
        match tokio::time::timeout(DEATH_NOTICE, self.end()).await {
            Ok(failure) => failure,
            Err(_) => Failure::new(FailureKind::BrowserCrash, error.to_string()),
        }
    }
}
