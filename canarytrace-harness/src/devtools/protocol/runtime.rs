//! The `Runtime` domain: console calls, exceptions, execution contexts.

use serde_json::{Number, Value};

use super::tolerant::{Field, Text, tolerant};

tolerant! {
    /// `Runtime.RemoteObject`: mirror object referencing original JavaScript object.
    pub struct RemoteObject<'a> {
        /// Object type.
        kind: Text<'a> => "type",
        /// Object subtype hint.
        subtype: Text<'a> => "subtype",
        /// Object class (constructor) name.
        class_name: Text<'a> => "className",
        /// Remote object value in case of primitive values or JSON values (if it was requested).
        value: Value => "value",
        /// Primitive value which can not be JSON-stringified does not have value, but gets this.
        unserializable_value: Text<'a> => "unserializableValue",
        /// String representation of the object.
        description: Text<'a> => "description",
        /// `Runtime.ObjectPreview`: the first properties or entries.
        preview: Value => "preview",
        /// Unique object identifier (for non-primitive values).
        object_id: Text<'a> => "objectId",
    }

    /// `Runtime.ExceptionDetails`: detailed information about exception (or error) that was thrown during script compilation or.
    pub struct ExceptionDetails<'a> {
        /// Exception id.
        exception_id: Number => "exceptionId",
        /// Exception text, which should be used together with exception object when available.
        text: Text<'a> => "text",
        /// Line number of the exception location (0-based).
        line_number: Number => "lineNumber",
        /// Column number of the exception location (0-based).
        column_number: Number => "columnNumber",
        /// Script ID of the exception location.
        script_id: Text<'a> => "scriptId",
        /// URL of the exception location, to be used when the script was not reported.
        url: Text<'a> => "url",
        /// JavaScript stack trace if available.
        stack_trace: Box<StackTrace<'a>> => "stackTrace",
        /// Exception object if available.
        exception: RemoteObject<'a> => "exception",
        /// Identifier of the context where exception happened.
        execution_context_id: Number => "executionContextId",
    }

    /// `Runtime.StackTrace`: call frames for assertions or error messages.
    pub struct StackTrace<'a> {
        /// String label of this stack trace.
        description: Text<'a> => "description",
        /// JavaScript function name.
        call_frames: Vec<Field<CallFrame<'a>>> => "callFrames",
        /// Asynchronous JavaScript stack trace that preceded this stack, if available.
        parent: Box<StackTrace<'a>> => "parent",
    }

    /// `Runtime.CallFrame`: stack entry for runtime errors and assertions.
    pub struct CallFrame<'a> {
        /// JavaScript function name.
        function_name: Text<'a> => "functionName",
        /// JavaScript script id.
        script_id: Text<'a> => "scriptId",
        /// JavaScript script name or url.
        url: Text<'a> => "url",
        /// JavaScript script line number (0-based).
        line_number: Number => "lineNumber",
        /// JavaScript script column number (0-based).
        column_number: Number => "columnNumber",
    }

    /// `Runtime.ExecutionContextDescription`: description of an isolated world.
    pub struct ExecutionContext<'a> {
        /// Unique id of the execution context.
        id: Number => "id",
        /// Execution context origin.
        origin: Text<'a> => "origin",
        /// Human readable name describing given context.
        name: Text<'a> => "name",
        /// A system-unique execution context identifier.
        unique_id: Text<'a> => "uniqueId",
        /// Embedder-specific auxiliary data likely matching {isDefault: boolean, type: ….
        aux_data: Value => "auxData",
    }

    /// `Runtime.consoleAPICalled`: issued when console API was called.
    pub struct ConsoleApiCalled<'a> {
        /// Type of the call.
        kind: Text<'a> => "type",
        /// Call arguments.
        args: Vec<Field<RemoteObject<'a>>> => "args",
        /// Identifier of the context where the call was made.
        execution_context_id: Number => "executionContextId",
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
        /// Stack trace captured when the call was made.
        stack_trace: Box<StackTrace<'a>> => "stackTrace",
        /// Console context descriptor for calls on non-default console context (not console.*):.
        context: Text<'a> => "context",
    }

    /// `Runtime.exceptionThrown`: issued when exception was thrown and unhandled.
    pub struct ExceptionThrown<'a> {
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
        /// The protocol's own exceptionDetails.
        exception_details: ExceptionDetails<'a> => "exceptionDetails",
    }

    /// `Runtime.exceptionRevoked`: issued when unhandled exception was revoked.
    pub struct ExceptionRevoked<'a> {
        /// Reason describing why exception was revoked.
        reason: Text<'a> => "reason",
        /// The id of revoked exception, as reported in exceptionThrown.
        exception_id: Number => "exceptionId",
    }

    /// `Runtime.bindingCalled`: notification is issued every time when binding is called.
    pub struct BindingCalled<'a> {
        /// The binding.
        name: Text<'a> => "name",
        /// What it was called with.
        payload: Text<'a> => "payload",
        /// Identifier of the context where the call was made.
        execution_context_id: Number => "executionContextId",
    }

    /// `Runtime.executionContextCreated`: issued when new execution context is created.
    pub struct ExecutionContextCreated<'a> {
        /// A newly created execution context.
        context: ExecutionContext<'a> => "context",
    }

    /// `Runtime.executionContextDestroyed`: issued when execution context is destroyed.
    pub struct ExecutionContextDestroyed<'a> {
        /// Id of the destroyed context.
        execution_context_id: Number => "executionContextId",
        /// Unique Id of the destroyed context.
        execution_context_unique_id: Text<'a> => "executionContextUniqueId",
    }
}
