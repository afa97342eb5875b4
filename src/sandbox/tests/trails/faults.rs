use super::*;

async fn cloud(faults: Vec<Fault>) -> Cloud {
    let mut scenario = scenario();
    scenario.faults = faults;
    Cloud::of(scenario).await
}

fn wanted(name: &str) -> Value {
    json!({"Name": name, "S3BucketName": "logs"})
}

fn outcomes(cloud: &Cloud, api: &str) -> Vec<String> {
    let attempts = cloud.0.ledger().attempts();
    let of = attempts.iter().filter(|attempt| attempt.api == api);
    of.map(|attempt| attempt.outcome.to_string()).collect()
}

#[tokio::test]
async fn the_first_create_takes_effect_and_nobody_hears_of_it() {
    let lost = Fault::new(Effect::reset())
        .on("CreateTrail")
        .for_account("ada");
    let cloud = cloud(vec![lost.after_effect().times(1)]).await;
    assert_eq!(
        cloud
            .try_call((ADA, HOME), "CreateTrail", wanted("main"))
            .await,
        None
    );
    assert!(cloud.0.trail(&arn(ADA, HOME, "main")).is_some());
    let exists = Err("TrailAlreadyExistsException".to_owned());
    assert_eq!(cloud.ada("CreateTrail", wanted("main")).await, exists);
    cloud.create("other").await;
    assert_eq!(
        outcomes(&cloud, "CreateTrail"),
        ["ConnectionReset", "TrailAlreadyExistsException", "OK"]
    );
}

#[tokio::test]
async fn before_its_effect_a_call_that_is_reset_has_done_nothing() {
    let cloud = cloud(vec![Fault::new(Effect::reset()).on("CreateTrail").times(1)]).await;
    assert_eq!(
        cloud
            .try_call((ADA, HOME), "CreateTrail", wanted("main"))
            .await,
        None
    );
    assert_eq!(cloud.0.trails(), []);
    cloud.create("main").await;
}

#[tokio::test]
async fn a_refusal_can_pass_after_so_many_calls() {
    let conflict = Effect::error("ConflictException", 400);
    let cloud = cloud(vec![
        Fault::new(conflict).on("UpdateTrail").skip(1).times(2),
    ])
    .await;
    let west = json!({"Name": "main", "S3BucketName": "logs"});
    cloud.create("main").await;
    cloud.call((ADA, AWAY), "CreateTrail", west).await.unwrap();
    let update = async |region: &str| {
        let said = cloud
            .call((ADA, region), "UpdateTrail", json!({"Name": "main"}))
            .await;
        said.map_or_else(|code| code, |_| "OK".to_owned())
    };
    let conflict = "ConflictException";
    for (region, said) in [
        (HOME, "OK"),
        (HOME, conflict),
        (AWAY, "OK"),
        (HOME, conflict),
        (HOME, "OK"),
        (AWAY, conflict),
        (HOME, "OK"),
    ] {
        assert_eq!(update(region).await, said, "{region}");
    }
}

#[tokio::test]
async fn an_error_after_the_effect_is_told_though_it_is_done() {
    let failure = Fault::new(Effect::error("InternalFailure", 500)).on("DeleteTrail");
    let cloud = cloud(vec![failure.after_effect().times(1)]).await;
    cloud.create("main").await;
    let delete = async || cloud.ada("DeleteTrail", json!({"Name": "main"})).await;
    // What AWS refuses by itself is not counted.
    let wrong = cloud.ada("DeleteTrail", json!({"Name": "other"})).await;
    assert_eq!(wrong, Err("TrailNotFoundException".to_owned()));
    assert_eq!(delete().await, Err("InternalFailure".to_owned()));
    assert_eq!(cloud.0.trails(), []);
    assert_eq!(delete().await, Err("TrailNotFoundException".to_owned()));
}

#[tokio::test]
async fn a_call_can_hang_after_its_effect() {
    let hang = Fault::new(Effect::Hang).on("StartLogging").after_effect();
    let cloud = cloud(vec![hang]).await;
    let arn = cloud.create("main").await;
    let start = cloud.try_call((ADA, HOME), "StartLogging", json!({"Name": "main"}));
    let started = async {
        while !cloud.0.trail(&arn).unwrap().logging {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        said = start => panic!("answered {said:?}"),
        done = tokio::time::timeout(Duration::from_secs(20), started) => done.unwrap(),
    }
    assert_eq!(outcomes(&cloud, "StartLogging"), ["InFlight"]);
}

#[tokio::test]
async fn files_say_it_as_well() {
    let text =
        "faults: [{effect: hang, when: after, times: 2, skip: 1, scope: {apis: [CreateTrail]}}]";
    let fault = Fault::new(Effect::Hang).on("CreateTrail").after_effect();
    let scenario = Scenario::from_yaml(text).unwrap();
    assert_eq!(scenario.faults, [fault.times(2).skip(1)]);
}
