//! What the session of a change may do: the steps, and reading the trail before and after each of them. Pure.

use crate::domain::{
    Api, Permissions,
    trail::{DesiredSettings, RecordedAccounts},
};

use super::plan::{Needed, Step, StepCall};

/// Where CloudTrail makes a trail of the organization, or changes one, it looks at the organization with the caller's
/// permissions, and makes its service-linked role with them.
const OF_ORGANIZATION: [&str; 6] = [
    "iam:CreateServiceLinkedRole",
    "iam:GetRole",
    "organizations:DescribeOrganization",
    "organizations:EnableAWSServiceAccess",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListAccounts",
];

/// Who names the role that writes to CloudWatch Logs hands it over.
const PASS_ROLE: &str = "iam:PassRole";

/// What these steps need, and reading what is needed. `organization`: the trail may be the organization's without the
/// steps saying so, since the account is one that has such trails.
pub fn permissions(steps: &[Step], needed: Needed, organization: bool) -> Permissions {
    let steps = steps.iter().map(|step| of_step(&step.call, organization));
    steps.fold(reads(needed), Permissions::with)
}

fn reads(needed: Needed) -> Permissions {
    let only = |wanted: bool, api| wanted.then_some(api);
    let parts = [
        Some(Api::GetTrail),
        only(needed.status, Api::GetTrailStatus),
        only(needed.event_selectors, Api::GetEventSelectors),
        only(needed.insight_selectors, Api::GetInsightSelectors),
        only(needed.event_configuration, Api::GetEventConfiguration),
        only(needed.tags, Api::ListTags),
    ];
    Permissions::calls(parts.into_iter().flatten())
}

fn of_step(call: &StepCall, organization: bool) -> Permissions {
    let (api, more) = match call {
        StepCall::Create(settings, tags) => {
            let tagging = match tags.is_empty() {
                true => Permissions::none(),
                false => Permissions::calls([Api::AddTags]),
            };
            let more = of_settings(settings, organization).with(tagging);
            (Api::CreateTrail, more)
        }
        StepCall::Update(settings) => (Api::UpdateTrail, of_settings(settings, organization)),
        StepCall::Delete => (Api::DeleteTrail, of_organization(organization)),
        StepCall::PutEventSelectors(_) => (Api::PutEventSelectors, Permissions::none()),
        StepCall::PutInsightSelectors(_) => (Api::PutInsightSelectors, Permissions::none()),
        StepCall::PutEventConfiguration(_) => (Api::PutEventConfiguration, Permissions::none()),
        StepCall::AddTags(_) => (Api::AddTags, Permissions::none()),
        StepCall::RemoveTags(_) => (Api::RemoveTags, Permissions::none()),
        StepCall::StartLogging => (Api::StartLogging, Permissions::none()),
        StepCall::StopLogging => (Api::StopLogging, Permissions::none()),
    };
    Permissions::calls([api]).with(more)
}

/// What CloudTrail asks for besides, by what is set.
fn of_settings(settings: &DesiredSettings, organization: bool) -> Permissions {
    let role = match settings.log_role_arn.wanted() {
        Some(_) => Permissions::none().and(&[PASS_ROLE]),
        None => Permissions::none(),
    };
    let organization = organization || settings.accounts == Some(RecordedAccounts::Organization);
    role.with(of_organization(organization))
}

fn of_organization(is_so: bool) -> Permissions {
    match is_so {
        true => Permissions::none().and(&OF_ORGANIZATION),
        false => Permissions::none(),
    }
}
