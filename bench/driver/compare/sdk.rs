//! The bare SDK: its own paginator and its own retries, a task for each account and Region.

use std::{collections::HashMap, sync::Arc};

use aws_config::{BehaviorVersion, SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_types::DateTime;
use aws_types::region::Region;
use tokio::task::JoinSet;

use super::Job;
use crate::{Failure, Measured};

/// `compare-sdk JOB`. Retries are as `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS` say.
pub async fn sdk() -> Measured {
    let job = Arc::new(Job::read(2)?);
    let tls = Provider::Rustls(CryptoMode::AwsLc);
    let base = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(Builder::new().tls_provider(tls).build_https())
        .load()
        .await;
    let sessions = sessions(&base, &job).await?;
    let mut cells = JoinSet::new();
    for (account, session) in sessions {
        for region in &job.regions {
            let here = base
                .to_builder()
                .region(Region::new(region.clone()))
                .credentials_provider(session.clone())
                .build();
            let name = format!("{account}-{region}");
            let job = Arc::clone(&job);
            cells.spawn(async move {
                let read = cell(&here, &job, &name).await;
                read.map_err(|e| format!("{name}: {e}"))
            });
        }
    }
    let failed: Vec<String> = cells
        .join_all()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n").into())
    }
}

/// The credentials of every account, got once each.
async fn sessions(
    base: &SdkConfig,
    job: &Job,
) -> Result<HashMap<String, SharedCredentialsProvider>, Failure> {
    let mut asked = JoinSet::new();
    for account in job.accounts.clone() {
        let role = AssumeRoleProvider::builder(format!("arn:aws:iam::{account}:role/{}", job.role))
            .external_id(&job.external_id)
            .session_name("bare-sdk")
            .configure(base)
            .build();
        asked.spawn(async move {
            let session = role.await.provide_credentials().await?;
            Ok::<_, Failure>((account, SharedCredentialsProvider::new(session)))
        });
    }
    asked.join_all().await.into_iter().collect()
}

async fn cell(here: &SdkConfig, job: &Job, name: &str) -> Measured {
    let mut pages = aws_sdk_cloudtrail::Client::new(here)
        .lookup_events()
        .start_time(DateTime::from_secs(job.start))
        .end_time(DateTime::from_secs(job.end))
        .into_paginator()
        .send();
    let mut ids = job.ids(name)?;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| e.into_service_error())?;
        for event in page.events() {
            ids.note(event.event_id().unwrap_or_default())?;
        }
    }
    ids.close()
}
