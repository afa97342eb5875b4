//! What to look for: an argument for each attribute of the protocol. All of them must hold, and of a repeated one any.

use clap::Args;

use crate::api::proto::{EventAttribute, EventFilter};

/// Conditions on events.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "What to look for (all must hold; of a repeated one, any)")]
pub struct Filters {
    /// The action, such as DeleteBucket.
    #[arg(long, value_name = "NAME")]
    event_name: Vec<String>,
    /// Who did it: the user name, or the session name of an assumed role.
    #[arg(long = "user", value_name = "NAME")]
    username: Vec<String>,
    /// The name or ARN of a resource touched.
    #[arg(long = "resource", value_name = "NAME")]
    resource_name: Vec<String>,
    /// The type of a resource touched, such as AWS::S3::Bucket.
    #[arg(long, value_name = "TYPE")]
    resource_type: Vec<String>,
    /// The access key that signed the call.
    #[arg(long = "access-key", value_name = "ID")]
    access_key_id: Vec<String>,
    /// The id of the event.
    #[arg(long, value_name = "ID")]
    event_id: Vec<String>,
    /// The AWS service, such as s3.amazonaws.com.
    #[arg(long = "source", value_name = "SERVICE")]
    event_source: Vec<String>,
    /// Only calls that read; with `=false`, only those that change.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    read_only: Option<bool>,
    /// The error that the call ended in, such as AccessDenied.
    #[arg(long, value_name = "CODE")]
    error_code: Vec<String>,
    /// The address that the call came from.
    #[arg(long = "source-ip", value_name = "ADDRESS")]
    source_ip_address: Vec<String>,
    /// The program that made the call.
    #[arg(long, value_name = "TEXT")]
    user_agent: Vec<String>,
    /// The role behind an assumed-role session.
    #[arg(long, value_name = "ARN")]
    role_arn: Vec<String>,
    /// The identity that made the call.
    #[arg(long, value_name = "ARN")]
    identity_arn: Vec<String>,
    /// The kind of identity, such as Root or AssumedRole.
    #[arg(long, value_name = "TYPE")]
    identity_type: Vec<String>,
    /// The kind of record, such as AwsConsoleSignIn.
    #[arg(long, value_name = "TYPE")]
    event_type: Vec<String>,
    /// The id that copies of one call in several accounts share.
    #[arg(long, value_name = "ID")]
    shared_event_id: Vec<String>,
}

impl Filters {
    /// As the protocol has them.
    pub fn to_wire(&self) -> Vec<EventFilter> {
        let read_only: Vec<String> = self.read_only.iter().map(bool::to_string).collect();
        let all = [
            (EventAttribute::EventId, &self.event_id),
            (EventAttribute::EventName, &self.event_name),
            (EventAttribute::ReadOnly, &read_only),
            (EventAttribute::Username, &self.username),
            (EventAttribute::ResourceType, &self.resource_type),
            (EventAttribute::ResourceName, &self.resource_name),
            (EventAttribute::EventSource, &self.event_source),
            (EventAttribute::AccessKeyId, &self.access_key_id),
            (EventAttribute::ErrorCode, &self.error_code),
            (EventAttribute::SourceIpAddress, &self.source_ip_address),
            (EventAttribute::UserAgent, &self.user_agent),
            (EventAttribute::RoleArn, &self.role_arn),
            (EventAttribute::IdentityArn, &self.identity_arn),
            (EventAttribute::IdentityType, &self.identity_type),
            (EventAttribute::EventType, &self.event_type),
            (EventAttribute::SharedEventId, &self.shared_event_id),
        ];
        let asked = all.into_iter().filter(|(_, values)| !values.is_empty());
        asked
            .map(|(attribute, values)| EventFilter {
                attribute: attribute.into(),
                values: values.clone(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    fn filters(arguments: &[&str]) -> Vec<EventFilter> {
        let command = Filters::augment_args(Command::new("x").no_binary_name(true));
        let matches = command.try_get_matches_from(arguments).unwrap();
        Filters::from_arg_matches(&matches).unwrap().to_wire()
    }

    /// Every attribute that the protocol can filter by has its argument, and what was given to it arrives under its name.
    #[test]
    fn every_attribute_has_an_argument() {
        let arguments: Vec<String> = Filters::augment_args(Command::new("x"))
            .get_arguments()
            .filter_map(|argument| argument.get_long().map(|name| format!("--{name}=true")))
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut found: Vec<i32> = filters(&arguments).iter().map(|f| f.attribute).collect();
        found.sort_unstable();
        let known = (1..).take_while(|number| EventAttribute::try_from(*number).is_ok());
        assert_eq!(found, known.collect::<Vec<i32>>());
    }

    #[test]
    fn a_repeated_argument_is_one_filter() {
        let arguments = ["--event-name", "A", "--read-only", "--event-name", "B"];
        let found = filters(&arguments);
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|f| {
                (
                    f.attribute().as_str_name(),
                    f.values.iter().map(String::as_str).collect(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("EVENT_ATTRIBUTE_EVENT_NAME", vec!["A", "B"]),
                ("EVENT_ATTRIBUTE_READ_ONLY", vec!["true"]),
            ]
        );
    }
}
