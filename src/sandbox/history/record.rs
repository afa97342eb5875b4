//! The text of an event: as LookupEvents returns it, with the record itself as JSON inside JSON.

use serde_json::Value;

use super::json::{field, push, push_time, quote};
use super::{
    Activity, Actor, CellHistory, EventFacts, EventView, Kind, PlantedEvent, actor::SESSION_SECONDS,
};
use crate::sandbox::{hash, id};

impl CellHistory<'_> {
    /// The name of what an activity touches in this cell.
    pub(super) fn resource_name(&self, activity: &Activity) -> Option<String> {
        let (_, template) = activity.resource?;
        let mut name = String::new();
        self.expand(template, "", 0, &mut name);
        Some(name)
    }

    /// Writes a text of the catalog, its placeholders filled.
    fn expand(&self, template: &str, resource: &str, hash: u64, out: &mut String) {
        let mut parts = template.split('$');
        out.push_str(parts.next().unwrap_or_default());
        let mut digits = hash;
        for part in parts {
            let mut rest = part.chars();
            digits = hash::mix(digits);
            match rest.next() {
                Some('A') => push(out, format_args!("{}", self.member.id)),
                Some('R') => out.push_str(self.region.as_str()),
                Some('P') => out.push_str(&self.member.name),
                Some('N') => out.push_str(resource),
                Some('H') => push(out, format_args!("{:08x}", digits >> 32)),
                Some('D') => push(out, format_args!("{:08}", digits % 100_000_000)),
                // The word `$LATEST` in a log stream's name.
                Some(other) => out.extend(['$', other]),
                None => out.push('$'),
            }
            out.push_str(rest.as_str());
        }
    }
}

impl EventView<'_> {
    /// The facts of the event.
    pub fn facts(&self) -> EventFacts {
        match self.kind {
            Kind::Ordinary(activity, actor) => EventFacts {
                event_id: id::uuid_text(self.id),
                second: self.second,
                name: activity.name.to_owned(),
                source: activity.source.to_owned(),
                username: actor.username(&self.cell),
                access_key_id: actor.access_key(&self.cell, self.second),
                read_only: activity.read_only,
                source_ip: actor.source_ip(&self.cell),
                error_code: self.error(activity).map(|(code, _)| code.to_owned()),
                resource_type: activity.resource.map(|(kind, _)| kind.to_owned()),
                resource_name: self.cell.resource_name(activity),
            },
            Kind::Planted(event) => EventFacts {
                event_id: id::uuid_text(self.id),
                second: self.second,
                name: event.name.clone(),
                source: event.source.clone(),
                username: Some(event.username.clone()),
                access_key_id: event.access_key_id.clone(),
                read_only: event.read_only,
                source_ip: event
                    .source_ip
                    .clone()
                    .unwrap_or_else(|| "198.51.100.1".to_owned()),
                error_code: event.error_code.clone(),
                resource_type: event.resource_type.clone(),
                resource_name: event.resource_name.clone(),
            },
        }
    }

    fn error(&self, activity: &Activity) -> Option<(&'static str, &'static str)> {
        let (code, message, per_mille) = activity.error?;
        (hash::with(self.hash, 13) % 1_000 < per_mille).then_some((code, message))
    }

    /// Appends the event as LookupEvents returns it. `scratch` is room for the record, reused from event to event.
    pub fn write(&self, out: &mut String, scratch: &mut String) {
        let facts = self.facts();
        out.push_str("{\"EventId\":\"");
        out.push_str(&facts.event_id);
        out.push_str("\",\"EventName\":");
        quote(out, &facts.name);
        out.push_str(if facts.read_only {
            ",\"ReadOnly\":\"true\""
        } else {
            ",\"ReadOnly\":\"false\""
        });
        if let Some(key) = &facts.access_key_id {
            out.push_str(",\"AccessKeyId\":");
            quote(out, key);
        }
        out.push_str(",\"EventTime\":");
        push(out, format_args!("{}", self.second));
        out.push_str(",\"EventSource\":");
        quote(out, &facts.source);
        if let Some(name) = &facts.username {
            out.push_str(",\"Username\":");
            quote(out, name);
        }
        out.push_str(",\"Resources\":[");
        if let Some(name) = &facts.resource_name {
            out.push('{');
            if let Some(kind) = &facts.resource_type {
                out.push_str("\"ResourceType\":");
                quote(out, kind);
                out.push(',');
            }
            out.push_str("\"ResourceName\":");
            quote(out, name);
            out.push('}');
        }
        out.push_str("],\"CloudTrailEvent\":");
        scratch.clear();
        self.record(&facts, scratch);
        quote(out, scratch);
        out.push('}');
    }

    /// Appends the record itself.
    fn record(&self, facts: &EventFacts, out: &mut String) {
        out.push_str("{\"eventVersion\":\"1.11\",\"userIdentity\":");
        match self.kind {
            Kind::Ordinary(_, actor) => self.identity(actor, facts, out),
            Kind::Planted(_) => self.user(facts, out),
        }
        out.push_str(",\"eventTime\":\"");
        push_time(out, self.second);
        out.push('"');
        field(out, "eventSource", &facts.source);
        field(out, "eventName", &facts.name);
        field(out, "awsRegion", self.cell.region.as_str());
        field(out, "sourceIPAddress", &facts.source_ip);
        match self.kind {
            Kind::Ordinary(activity, actor) => self.ordinary(activity, actor, facts, out),
            Kind::Planted(event) => planted(event, out),
        }
        push(
            out,
            format_args!(",\"requestID\":\"{}\"", id::uuid_text(self.request_id())),
        );
        field(out, "eventID", &facts.event_id);
        push(out, format_args!(",\"readOnly\":{}", facts.read_only));
        self.resources(facts, out);
        let kind = match facts.name.as_str() {
            "ConsoleLogin" => "AwsConsoleSignIn",
            _ => "AwsApiCall",
        };
        field(out, "eventType", kind);
        push(
            out,
            format_args!(
                ",\"managementEvent\":true,\"recipientAccountId\":\"{}\",\"eventCategory\":\"Management\"",
                self.cell.member.id
            ),
        );
        self.tls(facts, out);
        out.push('}');
    }

    fn request_id(&self) -> u128 {
        id::event_id(self.hash, 0, hash::mix(self.hash) >> 3)
    }

    fn ordinary(&self, activity: &Activity, actor: Actor, facts: &EventFacts, out: &mut String) {
        field(out, "userAgent", actor.user_agent());
        let error = self.error(activity);
        if let Some((code, message)) = error {
            field(out, "errorCode", code);
            field(out, "errorMessage", message);
        }
        let resource = facts.resource_name.as_deref().unwrap_or_default();
        out.push_str(",\"requestParameters\":");
        self.cell.expand(activity.request, resource, self.hash, out);
        out.push_str(",\"responseElements\":");
        let login = facts.name == "ConsoleLogin";
        match error {
            None => self
                .cell
                .expand(activity.response, resource, self.hash, out),
            Some(_) if login => out.push_str("{\"ConsoleLogin\":\"Failure\"}"),
            Some(_) => out.push_str("null"),
        }
        if login {
            out.push_str(",\"additionalEventData\":{\"LoginTo\":\"https://console.aws.amazon.com/console/home\",\"MobileVersion\":\"No\",\"MFAUsed\":\"Yes\"}");
        }
    }

    fn resources(&self, facts: &EventFacts, out: &mut String) {
        let Some(name) = &facts.resource_name else {
            return;
        };
        let account = self.cell.member.id;
        push(
            out,
            format_args!(",\"resources\":[{{\"accountId\":\"{account}\""),
        );
        if let Some(kind) = &facts.resource_type {
            field(out, "type", kind);
        }
        if name.starts_with("arn:") {
            field(out, "ARN", name);
        } else if facts.source == "s3.amazonaws.com" {
            push(out, format_args!(",\"ARN\":\"arn:aws:s3:::{name}\""));
        }
        out.push_str("}]");
    }

    fn tls(&self, facts: &EventFacts, out: &mut String) {
        if facts.source_ip.ends_with(".amazonaws.com") {
            return;
        }
        let host = facts
            .source
            .strip_suffix(".amazonaws.com")
            .unwrap_or(&facts.source);
        push(
            out,
            format_args!(
                ",\"tlsDetails\":{{\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256\",\"clientProvidedHostHeader\":\"{host}.{}.amazonaws.com\"}}",
                self.cell.region
            ),
        );
    }

    fn user(&self, facts: &EventFacts, out: &mut String) {
        let account = self.cell.member.id;
        let name = facts.username.as_deref().unwrap_or_default();
        let principal = hash::with_text(self.cell.account_key, name) >> 24;
        push(
            out,
            format_args!(
                "{{\"type\":\"IAMUser\",\"principalId\":\"AIDA{}EXAMPLE\"",
                id::base32(principal)
            ),
        );
        push(
            out,
            format_args!(
                ",\"arn\":\"arn:aws:iam::{account}:user/{name}\",\"accountId\":\"{account}\""
            ),
        );
        if let Some(key) = &facts.access_key_id {
            field(out, "accessKeyId", key);
        }
        field(out, "userName", name);
        out.push('}');
    }

    fn identity(&self, actor: Actor, facts: &EventFacts, out: &mut String) {
        let account = self.cell.member.id;
        match actor {
            Actor::BackupUser => self.user(facts, out),
            Actor::AwsService => {
                out.push_str("{\"type\":\"AWSService\",\"invokedBy\":\"ec2.amazonaws.com\"}")
            }
            Actor::Root => push(
                out,
                format_args!(
                    "{{\"type\":\"Root\",\"principalId\":\"{account}\",\"arn\":\"arn:aws:iam::{account}:root\",\"accountId\":\"{account}\"}}"
                ),
            ),
            _ => self.session(actor, facts, out),
        }
    }

    fn session(&self, actor: Actor, facts: &EventFacts, out: &mut String) {
        let account = self.cell.member.id;
        let role = actor.role().unwrap_or_default();
        let name = facts.username.as_deref().unwrap_or_default();
        let key = facts.access_key_id.as_deref().unwrap_or_default();
        let principal = id::base32(hash::with_text(self.cell.account_key, role) >> 24);
        push(
            out,
            format_args!(
                "{{\"type\":\"AssumedRole\",\"principalId\":\"AROA{principal}EXAMPLE:{name}\",\"arn\":\"arn:aws:sts::{account}:assumed-role/{role}/{name}\",\
                 \"accountId\":\"{account}\",\"accessKeyId\":\"{key}\",\"sessionContext\":{{\"sessionIssuer\":{{\"type\":\"Role\",\
                 \"principalId\":\"AROA{principal}EXAMPLE\",\"arn\":\"arn:aws:iam::{account}:role/{role}\",\"accountId\":\"{account}\",\"userName\":\"{role}\"}},\
                 \"attributes\":{{\"creationDate\":\""
            ),
        );
        push_time(
            out,
            self.second.div_euclid(SESSION_SECONDS) * SESSION_SECONDS,
        );
        let mfa = matches!(
            actor,
            Actor::Administrator | Actor::Developer | Actor::Analyst
        );
        push(out, format_args!("\",\"mfaAuthenticated\":\"{mfa}\"}}}}"));
        if actor == Actor::ConfigRecorder {
            field(out, "invokedBy", "config.amazonaws.com");
        }
        out.push('}');
    }
}

fn planted(event: &PlantedEvent, out: &mut String) {
    if let Some(agent) = &event.user_agent {
        field(out, "userAgent", agent);
    }
    if let Some(code) = &event.error_code {
        field(out, "errorCode", code);
    }
    if let Some(message) = &event.error_message {
        field(out, "errorMessage", message);
    }
    let mut json = |name: &str, value: &Option<Value>| {
        push(
            out,
            format_args!(",\"{name}\":{}", value.as_ref().unwrap_or(&Value::Null)),
        );
    };
    json("requestParameters", &event.request);
    json("responseElements", &event.response);
    if event.additional.is_some() {
        json("additionalEventData", &event.additional);
    }
}
