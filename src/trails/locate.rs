//! One trail: finding which is meant, and reading it where it lives.

use crate::{
    aws::FailureKind,
    budget::{RequestContext, Tally},
    domain::{
        AccountId, AccountState, CellReason, CellReport, Region, TargetSelector, TrailArn,
        TrailName,
        trail::{EventConfiguration, EventSelectors, InsightSelector, TrailReference, TrailStatus},
    },
    fleet::SelectError,
};

use super::{
    FoundTrail, Part, Parts, TrailError, Trails, View,
    survey::{AccountCells, Outcome},
};

/// A trail, and the account by which it is read.
struct Located {
    arn: TrailArn,
    reader: AccountId,
}

impl Trails {
    /// One trail's settings, and with [`View::Full`] its parts, the event configuration among them.
    ///
    /// # Errors
    ///
    /// If the trail is not found, or anything that was asked for cannot be read; but a part that is not offered in
    /// the trail's Region is only left out, and told to be.
    pub async fn get(
        &self,
        ctx: &RequestContext,
        reference: &TrailReference,
        view: View,
    ) -> Result<FoundTrail, TrailError> {
        let ctx = ctx.answering();
        let Located { arn, reader } = self.locate(&ctx, reference).await?;
        let (tally, who) = (Tally::default(), self.fleet.credentials(reader));
        let home = arn.home_region();
        let settings = self.door.get_trail(&ctx, &tally, &*who, home, &arn).await?;
        let mut found = FoundTrail {
            parts: Parts::default(),
            unread: Vec::new(),
            arn: arn.clone(),
            settings: Some(settings),
            shown_by: vec![reader],
        };
        if view == View::Basic {
            return Ok(found);
        }
        let insights = found.settings.as_ref().and_then(|s| s.insight_selectors);
        let (read, tags) = tokio::join!(
            self.read_parts(&ctx, reader, &arn, insights, true),
            self.door
                .list_trail_tags(&ctx, &tally, &*who, home, std::slice::from_ref(&arn)),
        );
        found.parts = read.parts;
        let mut failed = read.failed;
        match tags {
            Ok(mut tags) => found.parts.tags = Some(tags.remove(&arn).unwrap_or_default()),
            Err(error) => failed.push((Part::Tags, error)),
        }
        for (part, error) in failed {
            match error.kind {
                FailureKind::Unsupported => found.unread.push(part),
                _ => return Err(error.into()),
            }
        }
        Ok(found)
    }

    /// Whether the trail logs, as this Region has it, or else its home Region; and which Region that was.
    ///
    /// # Errors
    ///
    /// If the trail is not found or cannot be read.
    pub async fn status(
        &self,
        ctx: &RequestContext,
        reference: &TrailReference,
        region: Option<&Region>,
    ) -> Result<(TrailStatus, Region), TrailError> {
        let ctx = ctx.answering();
        let Located { arn, reader } = self.locate(&ctx, reference).await?;
        let (tally, who) = (Tally::default(), self.fleet.credentials(reader));
        let region = region.unwrap_or(arn.home_region());
        let status = self
            .door
            .get_trail_status(&ctx, &tally, &*who, region, &arn);
        Ok((status.await?, region.clone()))
    }

    /// Which events the trail records.
    ///
    /// # Errors
    ///
    /// If the trail is not found or cannot be read.
    pub async fn event_selectors(
        &self,
        ctx: &RequestContext,
        reference: &TrailReference,
    ) -> Result<(TrailArn, EventSelectors), TrailError> {
        let ctx = ctx.answering();
        let Located { arn, reader } = self.locate(&ctx, reference).await?;
        let (tally, who) = (Tally::default(), self.fleet.credentials(reader));
        let (door, home) = (&self.door, arn.home_region());
        let selectors = door
            .get_event_selectors(&ctx, &tally, &*who, home, &arn)
            .await?;
        Ok((arn, selectors))
    }

    /// Which unusual activity the trail records; empty if none.
    ///
    /// # Errors
    ///
    /// If the trail is not found or cannot be read.
    pub async fn insight_selectors(
        &self,
        ctx: &RequestContext,
        reference: &TrailReference,
    ) -> Result<(TrailArn, Vec<InsightSelector>), TrailError> {
        let ctx = ctx.answering();
        let Located { arn, reader } = self.locate(&ctx, reference).await?;
        let (tally, who) = (Tally::default(), self.fleet.credentials(reader));
        let (door, home) = (&self.door, arn.home_region());
        let selectors = door
            .get_insight_selectors(&ctx, &tally, &*who, home, &arn)
            .await?;
        Ok((arn, selectors))
    }

    /// How large the trail's events may be and what they carry besides.
    ///
    /// # Errors
    ///
    /// If the trail is not found or cannot be read.
    pub async fn event_configuration(
        &self,
        ctx: &RequestContext,
        reference: &TrailReference,
    ) -> Result<(TrailArn, EventConfiguration), TrailError> {
        let ctx = ctx.answering();
        let Located { arn, reader } = self.locate(&ctx, reference).await?;
        let (tally, who) = (Tally::default(), self.fleet.credentials(reader));
        let (door, home) = (&self.door, arn.home_region());
        let read = door
            .get_event_configuration(&ctx, &tally, &*who, home, &arn)
            .await?;
        Ok((arn, read))
    }

    async fn locate(
        &self,
        ctx: &RequestContext,
        reference: &TrailReference,
    ) -> Result<Located, TrailError> {
        let arn = match reference {
            TrailReference::Arn(arn) => arn.clone(),
            TrailReference::Home {
                account,
                region,
                name,
            } => TrailArn::of(*account, region.clone(), name.clone()),
            TrailReference::Named { account, name } => {
                return self.by_name(ctx, *account, name).await;
            }
        };
        let reader = arn.owner();
        self.active(ctx, reader, arn.home_region()).await?;
        Ok(Located { arn, reader })
    }

    /// The account is known, calls can be made in it, and the caller may make them there.
    async fn active(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        region: &Region,
    ) -> Result<(), TrailError> {
        match self.fleet.get_account(ctx, account, Some(region)).await {
            Ok((known, _)) if known.state == AccountState::Active => Ok(()),
            Ok(_) => Err(TrailError::NotActive(account)),
            Err(SelectError::Invalid(_)) => Err(TrailError::UnknownOwners(vec![(0, account)])),
            Err(error) => Err(error.into()),
        }
    }

    /// The only trail of this name that the account shows; it may be the organization's.
    async fn by_name(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        name: &TrailName,
    ) -> Result<Located, TrailError> {
        let selector = TargetSelector {
            account_ids: vec![account],
            ..TargetSelector::default()
        };
        let targets = self.fleet.resolve(ctx, &selector).await;
        let targets = targets.map_err(|error| match error {
            SelectError::Invalid(_) => TrailError::UnknownOwners(vec![(0, account)]),
            error => error.into(),
        })?;
        let inactive = |report: &CellReport| report.reason == Some(CellReason::AccountNotActive);
        if targets.left_out.cells.iter().any(inactive) {
            return Err(TrailError::NotActive(account));
        }
        let no_such = || TrailError::NoSuchName {
            account,
            name: name.clone(),
        };
        let groups = AccountCells::group(&targets.cells);
        let cells = groups.first().ok_or_else(no_such)?;
        let arns: Vec<TrailArn> = match self.survey(ctx, cells).await.outcome {
            Outcome::Listed { arns, .. } => arns,
            Outcome::Failed(error) => return Err(error.into()),
            Outcome::Described { trails, failed } => match failed.into_iter().next() {
                // The name may be that of a trail in a Region that was not read.
                Some((_, Some(error))) => return Err(error.into()),
                Some((_, None)) => return Err(TrailError::Defect),
                None => trails.into_keys().collect(),
            },
        };
        let mut candidates: Vec<TrailArn> =
            arns.into_iter().filter(|arn| arn.name() == name).collect();
        candidates.sort();
        candidates.dedup();
        match candidates.as_slice() {
            [] => Err(no_such()),
            [arn] => Ok(Located {
                arn: arn.clone(),
                reader: account,
            }),
            _ => Err(TrailError::Ambiguous {
                account,
                name: name.clone(),
                candidates,
            }),
        }
    }
}
