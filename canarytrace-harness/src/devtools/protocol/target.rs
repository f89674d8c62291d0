//! The `Target` domain: tabs, frames of other processes, workers.

use serde_json::{Number, Value};

use super::tolerant::{Text, tolerant};

tolerant! {
    /// `Target.TargetInfo`.
    pub struct TargetInfo<'a> {
        /// The protocol's own targetId.
        target_id: Text<'a> => "targetId",
        /// List of types: ….
        kind: Text<'a> => "type",
        /// The protocol's own title.
        title: Text<'a> => "title",
        /// The protocol's own url.
        url: Text<'a> => "url",
        /// Whether the target has an attached client.
        attached: bool => "attached",
        /// Id of the parent target, if any.
        parent_id: Text<'a> => "parentId",
        /// Opener target Id.
        opener_id: Text<'a> => "openerId",
        /// Whether the target has access to the originating window.
        can_access_opener: bool => "canAccessOpener",
        /// Frame id of originating window (is only set if target has an opener).
        opener_frame_id: Text<'a> => "openerFrameId",
        /// Id of the parent frame, present for "iframe" and "worker" targets.
        parent_frame_id: Text<'a> => "parentFrameId",
        /// The protocol's own browserContextId.
        browser_context_id: Text<'a> => "browserContextId",
        /// Provides additional details for specific target types.
        subtype: Text<'a> => "subtype",
        /// Embedder-specific target metadata.
        embedder_data: Value => "embedderData",
    }

    /// `Target.attachedToTarget`: issued when attached to target because of auto-attach or attachToTarget command.
    pub struct AttachedToTarget<'a> {
        /// Identifier assigned to the session used to send/receive messages.
        session_id: Text<'a> => "sessionId",
        /// The protocol's own targetInfo.
        target_info: TargetInfo<'a> => "targetInfo",
        /// The protocol's own waitingForDebugger.
        waiting_for_debugger: bool => "waitingForDebugger",
    }

    /// `Target.detachedFromTarget`: issued when detached from target for any reason (including detachFromTarget command).
    pub struct DetachedFromTarget<'a> {
        /// Detached session identifier.
        session_id: Text<'a> => "sessionId",
        /// Deprecated.
        target_id: Text<'a> => "targetId",
    }

    /// `Target.targetCreated`: issued when a possible inspection target is created.
    pub struct TargetCreated<'a> {
        /// The protocol's own targetInfo.
        target_info: TargetInfo<'a> => "targetInfo",
    }

    /// `Target.targetInfoChanged`: issued when some information about a target has changed.
    pub struct TargetInfoChanged<'a> {
        /// The protocol's own targetInfo.
        target_info: TargetInfo<'a> => "targetInfo",
    }

    /// `Target.targetDestroyed`: issued when a target is destroyed.
    pub struct TargetDestroyed<'a> {
        /// The protocol's own targetId.
        target_id: Text<'a> => "targetId",
    }

    /// `Target.targetCrashed`: issued when a target has crashed.
    pub struct TargetCrashed<'a> {
        /// The protocol's own targetId.
        target_id: Text<'a> => "targetId",
        /// Termination status type.
        status: Text<'a> => "status",
        /// Termination error code.
        error_code: Number => "errorCode",
    }
}
