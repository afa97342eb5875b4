//! What AWS's limits say of a plan, by what the account has already: asked before a write is spent on it.

use crate::{
    aws::AwsError,
    domain::{
        AccountId, CellReason, Region, Trail, TrailArn,
        trail::{Desired, RecordedRegions},
    },
    trails::{
        Trails,
        limits::{
            Limit, in_account, in_region,
            state::{TRAILS, tags_of},
        },
    },
};

use super::{
    act::Acting,
    plan::{Found, Step, StepCall},
    request::ChangeFailure,
    words::failure,
};

/// Why a plan cannot be carried out.
pub enum NoRoom {
    /// What the account has could not be read.
    Unreadable(AwsError),
    /// Another trail of this name would show in the same Region.
    SameName(TrailArn),
    /// Limits of AWS's stand against it.
    Limits(Vec<Limit>),
}

impl NoRoom {
    /// As the target's failure.
    pub fn failure(self) -> ChangeFailure {
        match self {
            Self::Unreadable(error) => (&error).into(),
            Self::SameName(other) => failure(
                CellReason::AlreadyExists,
                format!("{other} has this name, and both would show in one Region"),
            ),
            Self::Limits(limits) => {
                let each = limits
                    .iter()
                    .map(|limit| format!("{} {}", limit.path, limit.message));
                failure(
                    CellReason::LimitExceeded,
                    each.collect::<Vec<_>>().join("; "),
                )
            }
        }
    }
}

impl Trails {
    /// Whether the account has room for what is planned.
    pub(super) async fn room_for(
        &self,
        acting: &Acting<'_>,
        actor: AccountId,
        found: Option<&Found>,
        steps: &[Step],
    ) -> Result<(), NoRoom> {
        let mut limits = by_what_is_known(acting.desired, actor, found, steps);
        if let Some(regions) = spreads(steps) {
            let arn = acting.at.arn;
            let own = self.own(acting).await.map_err(NoRoom::Unreadable)?;
            let there = own.iter().map(|trail| (&trail.arn, trail.regions));
            limits.extend(in_region("trail.", there, arn, regions).err());
            if let Some(other) = in_the_way(arn, regions, &own) {
                return Err(NoRoom::SameName(other.arn.clone()));
            }
        }
        match limits.is_empty() {
            true => Ok(()),
            false => Err(NoRoom::Limits(limits)),
        }
    }

    /// The account's own trails, wherever they are at home; none if they are so few that none can matter.
    async fn own(&self, acting: &Acting<'_>) -> Result<Vec<Trail>, AwsError> {
        let (ctx, at, name) = (acting.asked, acting.at, acting.at.arn.name());
        let (mut own, mut token) = (Vec::new(), None::<String>);
        loop {
            let home = at.arn.home_region();
            let page = self
                .door
                .list_trails(ctx, at.tally, at.who, home, token.as_deref());
            let page = page.await?;
            let all = page.items.into_iter();
            own.extend(all.filter(|other| other.owner() == at.arn.owner() && other != at.arn));
            token = page.token;
            if token.is_none() {
                break;
            }
        }
        if own.len() < TRAILS && own.iter().all(|other| other.name() != name) {
            return Ok(Vec::new());
        }
        let mut homes: Vec<&Region> = own.iter().map(TrailArn::home_region).collect();
        homes.sort();
        homes.dedup();
        let mut trails = Vec::new();
        for home in homes {
            let there = own.iter().filter(|arn| arn.home_region() == home);
            let there: Vec<TrailArn> = there.cloned().collect();
            let read = self
                .door
                .describe_trails(ctx, at.tally, at.who, home, &there);
            trails.extend(read.await?);
        }
        Ok(trails)
    }
}

/// Which Regions the trail takes a place in that it has none in yet.
fn spreads(steps: &[Step]) -> Option<RecordedRegions> {
    steps.iter().find_map(|step| match &step.call {
        StepCall::Create(settings, _) => Some(settings.regions.unwrap_or(RecordedRegions::Home)),
        StepCall::Update(settings) => settings.regions.filter(|r| *r == RecordedRegions::All),
        _ => None,
    })
}

fn by_what_is_known(
    desired: &Desired,
    actor: AccountId,
    found: Option<&Found>,
    steps: &[Step],
) -> Vec<Limit> {
    let mut limits = Vec::new();
    for step in steps {
        match &step.call {
            StepCall::Create(settings, _) | StepCall::Update(settings) => {
                limits.extend(in_account("trail.", actor, settings));
            }
            StepCall::AddTags(_) => {
                let there = found.and_then(|found| found.parts.tags.as_ref());
                limits.extend(there.and_then(|there| tags_of("", there, &desired.tags).err()));
            }
            _ => {}
        }
    }
    limits
}

/// A trail of the same name that would show where the new one does.
fn in_the_way<'a>(arn: &TrailArn, regions: RecordedRegions, own: &'a [Trail]) -> Option<&'a Trail> {
    let everywhere = regions == RecordedRegions::All;
    own.iter().find(|other| {
        other.arn.name() == arn.name() && (everywhere || other.shows_in(arn.home_region()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::trail::DesiredSettings, trails::change::plan};

    fn arn(region: &str, name: &str) -> TrailArn {
        format!("arn:aws:cloudtrail:{region}:111111111111:trail/{name}")
            .parse()
            .unwrap()
    }

    fn trail(region: &str, name: &str, regions: RecordedRegions) -> Trail {
        let desired = Desired {
            settings: DesiredSettings {
                bucket: Some("logs".to_owned()),
                regions: Some(regions),
                ..DesiredSettings::default()
            },
            ..Desired::default()
        };
        let arn = arn(region, name);
        let steps = plan::plan(&arn, None, &desired, crate::domain::trail::Presence::New).unwrap();
        plan::after(&arn, None, &steps[0]).unwrap().settings
    }

    #[test]
    fn two_of_one_name_stand_beside_each_other_only_where_both_do_not_show() {
        use RecordedRegions::{All, Home};
        let new = arn("eu-west-1", "new");
        let one = [trail("us-east-1", "new", Home)];
        assert!(in_the_way(&new, Home, &one).is_none());
        assert!(in_the_way(&new, All, &one).is_some());
        assert!(in_the_way(&new, Home, &[trail("us-east-1", "new", All)]).is_some());
        assert!(in_the_way(&new, All, &[trail("us-east-1", "other", All)]).is_none());
    }
}
