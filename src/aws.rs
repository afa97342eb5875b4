//! The one door to AWS: every attempt takes a budget token, is made once, and is classified by its code.
//! The only room that sees `aws_sdk_*` types. Knows nothing of who asks or why.
//!
//! One file an operation, each an `impl Door`: build the request, hand it to `Door::call`, convert the answer.

mod accept_handshake;
mod add_tags;
pub mod assume_role;
pub mod base;
mod call;
pub mod classify;
mod clients;
mod create_trail;
mod delete_trail;
mod deregister_organization_delegated_admin;
pub mod describe_organization;
mod describe_trails;
pub mod door;
mod enable_all_features;
mod enable_aws_service_access;
pub mod error;
mod get_caller_identity;
mod get_event_configuration;
mod get_event_selectors;
mod get_insight_selectors;
mod get_trail;
mod get_trail_status;
mod handshake;
pub mod list_accounts;
mod list_accounts_for_parent;
mod list_aws_service_access_for_organization;
mod list_delegated_administrators;
mod list_handshakes_for_organization;
pub mod list_organizational_units_for_parent;
mod list_regions;
mod list_roots;
pub mod list_tags;
mod list_tags_for_resource;
mod list_trails;
pub mod lookup_events;
mod put_event_configuration;
mod put_event_selectors;
mod put_insight_selectors;
mod raw;
mod register_organization_delegated_admin;
mod remove_tags;
pub mod session;
mod start_logging;
mod stop_logging;
mod update_trail;
mod written;

pub use assume_role::{AssumedRole, RoleRequest};
pub use base::{BaseConfig, BaseIdentity};
pub use create_trail::CreateTrail;
pub use describe_organization::{FeatureSet, Organization};
pub use door::{AttemptObserver, Door, Outcome, Settings};
pub use error::{AwsError, FailureKind, TookEffect};
pub use handshake::{Handshake, HandshakeState};
pub use list_accounts::{ListedAccount, Page};
pub use list_delegated_administrators::DelegatedAdministrator;
pub use list_handshakes_for_organization::HandshakesOf;
pub use list_organizational_units_for_parent::ListedUnit;
pub use lookup_events::{LookupPage, LookupQuery};
pub use session::{CredentialSource, Session};
pub use update_trail::UpdateTrail;
pub use written::Written;
