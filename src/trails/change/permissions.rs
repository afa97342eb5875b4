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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        aws::{SessionPolicy, session_policy::LONGEST},
        domain::trail::{EventConfiguration, EventSelectors, Wish},
    };

    const ALL: Needed = Needed {
        status: true,
        event_selectors: true,
        insight_selectors: true,
        event_configuration: true,
        tags: true,
    };
    const NONE: Needed = Needed {
        status: false,
        event_selectors: false,
        insight_selectors: false,
        event_configuration: false,
        tags: false,
    };

    fn step(call: StepCall) -> Step {
        Step {
            call,
            changes: Vec::new(),
            reduces_logging: false,
        }
    }

    fn settings() -> DesiredSettings {
        DesiredSettings {
            log_role_arn: Wish::Set("arn:aws:iam::1:role/x".to_owned()),
            accounts: Some(RecordedAccounts::Organization),
            ..DesiredSettings::default()
        }
    }

    /// The most that one change can ever need.
    #[test]
    fn every_step_at_once_fits_into_a_policy() {
        let tags = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let steps = [
            StepCall::Create(Box::new(settings()), tags.clone()),
            StepCall::Update(Box::new(settings())),
            StepCall::Delete,
            StepCall::PutEventSelectors(EventSelectors::Basic(Vec::new())),
            StepCall::PutInsightSelectors(Vec::new()),
            StepCall::PutEventConfiguration(EventConfiguration::default()),
            StepCall::AddTags(tags.clone()),
            StepCall::RemoveTags(tags),
            StepCall::StartLogging,
            StepCall::StopLogging,
        ];
        let all = permissions(&steps.clone().map(step), ALL, true);
        assert_eq!(all.actions().count(), 10 + 6 + 6 + 1);
        assert!(SessionPolicy::allowing(&all).as_str().len() <= LONGEST);
        // Each names itself, and what it names is what a plan shows.
        for call in steps {
            let action = call.action();
            let own = permissions(&[step(call)], NONE, false);
            assert!(own.actions().any(|one| one == action), "{action}");
        }
    }

    #[test]
    fn what_is_not_set_needs_nothing() {
        let plain = StepCall::Create(Box::default(), BTreeMap::new());
        let of = |call, organization| {
            let all = permissions(&[step(call)], NONE, organization);
            all.actions().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            of(plain.clone(), false),
            ["cloudtrail:CreateTrail", "cloudtrail:GetTrail"]
        );
        assert!(of(plain, true).contains(&"organizations:DescribeOrganization".to_owned()));
        let stop = of(StepCall::StopLogging, true);
        assert_eq!(stop, ["cloudtrail:GetTrail", "cloudtrail:StopLogging"]);
        let update = of(StepCall::Update(Box::new(settings())), false);
        assert!(update.contains(&"iam:PassRole".to_owned()));
        assert!(update.contains(&"iam:CreateServiceLinkedRole".to_owned()));
    }
}
