//! Why a command for people failed: in words, and as an exit code.

use std::{error::Error as _, fmt::Write as _, io, path::PathBuf};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{Ending, escape::plain, words};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The arguments do not go together, or an environment variable is wrong.
    #[error("{0}")]
    Asked(String),
    /// A file that an argument names.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no connection.
    #[error("cannot reach {address}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The service, or the way to it, said no.
    #[error("{}", refusal(.0))]
    Refused(#[from] Box<Status>),
    /// A stream ended without its last message.
    #[error("the answer broke off")]
    BrokeOff,
    /// An answer cannot be written as JSON: it is of a newer version than this program.
    #[error("the answer cannot be shown as JSON: {0}")]
    Json(String),
    /// The end of a command that follows could not be heard.
    #[error("signals")]
    Signals(#[source] io::Error),
    /// Standard output does not take it.
    #[error("standard output")]
    Output(#[source] io::Error),
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl ClientError {
    /// Who read standard output has what it wanted, and left. That is no failure.
    pub fn reader_left(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit code.
    pub fn ending(&self) -> Ending {
        match self {
            Self::Asked(_) | Self::File { .. } => Ending::Wrong,
            Self::Unreachable { .. } | Self::BrokeOff => Ending::Unavailable,
            Self::Refused(status) => refused(status),
            Self::Json(_) | Self::Signals(_) | Self::Output(_) => Ending::Failed,
        }
    }

    /// True if the deadline of the command itself is the reason.
    pub fn is_deadline(&self) -> bool {
        matches!(self, Self::Refused(status) if code(status) == Code::DeadlineExceeded)
    }

    /// In words, with what caused it; lines after the first are the violations of a request.
    pub fn told(&self) -> String {
        let mut text = format!("trailplane: {self}");
        let mut source = self.source();
        // A status has been told whole, and its source is only how it came here.
        while let Some(error) = source.filter(|_| !matches!(self, Self::Refused(_))) {
            // Writing to a String does not fail.
            let _ = write!(text, ": {}", plain(&error.to_string()));
            source = error.source();
        }
        text
    }
}

/// The code that is meant. A connection that breaks under a call is no failure of the call, and a local timer says
/// CANCELLED where the service would have said DEADLINE_EXCEEDED.
fn code(status: &Status) -> Code {
    let source = status.source();
    let timer = source.is_some_and(|error| error.is::<tonic::TimeoutExpired>());
    let broken = source
        .is_some_and(|error| error.is::<tonic::transport::Error>() || error.is::<hyper::Error>());
    match status.code() {
        Code::Cancelled if timer => Code::DeadlineExceeded,
        Code::Unknown | Code::Cancelled | Code::Internal if broken => Code::Unavailable,
        code => code,
    }
}

fn refused(status: &Status) -> Ending {
    match code(status) {
        Code::Ok => Ending::Complete,
        Code::InvalidArgument => Ending::Wrong,
        Code::PermissionDenied | Code::Unauthenticated => Ending::Denied,
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted => {
            Ending::Unavailable
        }
        Code::Cancelled
        | Code::Unknown
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss => Ending::Failed,
    }
}

/// A status with all that its details tell a person.
fn refusal(status: &Status) -> String {
    let details = status.get_error_details();
    let mut text = words::code(code(status));
    if let Some(info) = details.error_info() {
        let _ = write!(text, " ({})", plain(&info.reason));
    }
    let _ = write!(text, ": {}", plain(status.message()));
    if let Some(retry) = details.retry_info().and_then(|info| info.retry_delay) {
        let _ = write!(text, "; retry after {} s", retry.as_secs().max(1));
    }
    if let Some(request) = details.bad_request() {
        let told = |why: &str| status.message().contains(why);
        for violation in &request.field_violations {
            // The message of a single one is the violation itself.
            if told(&violation.description) {
                continue;
            }
            let (field, why) = (plain(&violation.field), plain(&violation.description));
            let _ = write!(text, "\n  {field}: {why}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn every_violation_is_told_and_nothing_reaches_the_terminal_unread() {
        let mut details = ErrorDetails::with_error_info("INVALID_REQUEST", "trailplane", []);
        details.add_bad_request_violation("targets.account_ids[0]", "found \"\u{1b}[2J\"");
        details.add_bad_request_violation("page_size", "too large");
        let status =
            Status::with_error_details(Code::InvalidArgument, "2 fields are wrong", details);
        let error = ClientError::from(status);
        assert_eq!(error.ending(), Ending::Wrong);
        assert_eq!(
            error.told(),
            "trailplane: INVALID_ARGUMENT (INVALID_REQUEST): 2 fields are wrong\n  \
             targets.account_ids[0]: found \"\\u{1b}[2J\"\n  page_size: too large"
        );
    }

    #[test]
    fn codes_tell_who_may_try_again() {
        for (code, ending) in [
            (Code::PermissionDenied, Ending::Denied),
            (Code::Unauthenticated, Ending::Denied),
            (Code::Unavailable, Ending::Unavailable),
            (Code::ResourceExhausted, Ending::Unavailable),
            (Code::DeadlineExceeded, Ending::Unavailable),
            (Code::NotFound, Ending::Failed),
            (Code::Internal, Ending::Failed),
        ] {
            assert_eq!(
                ClientError::from(Status::new(code, "")).ending(),
                ending,
                "{code:?}"
            );
        }
    }
}
