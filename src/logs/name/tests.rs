use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};

use super::*;

fn read(text: &str) -> Result<Named, InvalidLogFileName> {
    text.parse()
}

/// Every variant that AWS's documentation shows, and what it says.
#[test]
fn every_documented_variant_is_read_and_written_again() {
    for text in [
        "111122223333_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz",
        "111122223333_CloudTrail_us-east-2_20140926T1255ZHdkvFTXOA3Vnhbc.json.gz",
        "amzn-s3-demo-bucket/AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/111122223333_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz",
        "AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/111122223333_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz",
        "AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-gov-west-1/2026/11/22/111122223333_CloudTrail_us-gov-west-1_20261122T2359Z_Mu0KsOhtH1ar15ZZ.json.gz",
        "s3://bucket/a/b//c/AWSLogs/o-exampleorgid/111122223333/CloudTrail-Insight/eu-west-1/2026/11/22/111122223333_CloudTrail-Insight_eu-west-1_20261122T0830Z_Mu0KsOhtH1ar15ZZ.json.gz",
        "s3://bucket/AWSLogs/AWSLogs/111122223333/CloudTrail-NetworkActivity/eu-west-1/2026/11/22/111122223333_CloudTrail-NetworkActivity_eu-west-1_20261122T0830Z_Mu0KsOhtH1ar15ZZ.json.gz",
        "AWSLogs/111122223333/CloudTrail-Aggregated/eu-west-1/2026/11/22/111122223333_CloudTrail-Aggregated_eu-west-1_20261122T0830Z_Mu0KsOhtH1ar15ZZ.json.gz",
        "prefix/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/22/111122223333_CloudTrail-Digest_eu-west-1_my_audit.trail-1_us-east-1_20261122T083005Z.json.gz",
        "prefix/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/22/111122223333_CloudTrail-Digest_eu-west-1_audit_us-east-1_20261122T083005Z_backfill.json.gz",
    ] {
        let named = read(text).unwrap_or_else(|why| panic!("{text} {why}"));
        assert_eq!(named.to_string(), text);
    }
}

#[test]
fn what_a_name_says_is_told() {
    let key: LogFileKey = "p/q/AWSLogs/o-exampleorgid/111122223333/CloudTrail-Digest/eu-west-1/2026/11/22/111122223333_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20261122T083005Z_backfill.json.gz".parse().unwrap();
    assert_eq!(key.root.prefix.as_deref(), Some("p/q"));
    assert_eq!(key.root.organization.unwrap().as_str(), "o-exampleorgid");
    assert_eq!(key.day.start().to_string(), "2026-11-22T00:00:00Z");
    assert_eq!(key.day.end().to_string(), "2026-11-22T23:59:59Z");
    assert_eq!(key.name.time().to_string(), "2026-11-22T08:30:05Z");
    let Detail::Digest {
        trail,
        home_region,
        backfill,
        ..
    } = key.name.detail
    else {
        panic!("a digest");
    };
    assert_eq!(
        (trail.as_str(), home_region.as_str()),
        ("my_trail", "us-east-1")
    );
    assert!(backfill);
}

#[test]
fn what_is_wrong_is_told() {
    use InvalidLogFileName as Wrong;
    let name = "111122223333_CloudTrail_us-east-2_20150801T0210Z_Mu0KsOhtH1ar15ZZ.json.gz";
    let at = |folders: &str| format!("{folders}{name}");
    for (text, wrong) in [
        (String::new(), Wrong::End),
        (name.replace(".gz", ""), Wrong::End),
        (name.replacen("1111", "111", 1), Wrong::Account),
        (name.replace("CloudTrail", "Config"), Wrong::Folder),
        (name.replace("us-east-2", "us_east"), Wrong::Region),
        (name.replace("0801T0210", "0231T0210"), Wrong::Time),
        (name.replace("T0210Z", "T2460Z"), Wrong::Time),
        (name.replace("T0210Z", "T021000Z"), Wrong::Time),
        (name.replace("Mu0KsOhtH1ar15ZZ", "Mu0Ks"), Wrong::Unique),
        (
            name.replace("Mu0KsOhtH1ar15ZZ", "Mu0KsOhtH1_r15ZZ"),
            Wrong::Unique,
        ),
        (name.replace("CloudTrail", "CloudTrail-Digest"), Wrong::Time),
        (
            "111122223333_CloudTrail-Digest_eu-west-1_x_us-east-1_20261122T083005Z.json.gz".into(),
            Wrong::Trail,
        ),
        (
            at("AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/"),
            Wrong::Layout,
        ),
        (
            at("/AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/"),
            Wrong::Layout,
        ),
        (
            at("xAWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/"),
            Wrong::Layout,
        ),
        (
            at("AWSLogs/o-x/111122223333/CloudTrail/us-east-2/2015/08/01/"),
            Wrong::Layout,
        ),
        (
            at("AWSLogs/111122223333/CloudTrail/us-east-2/2015/8/01/"),
            Wrong::Layout,
        ),
        (
            at("AWSLogs/111122223334/CloudTrail/us-east-2/2015/08/01/"),
            Wrong::Elsewhere,
        ),
        (
            at("AWSLogs/111122223333/CloudTrail/us-east-1/2015/08/01/"),
            Wrong::Elsewhere,
        ),
        (
            at("AWSLogs/111122223333/CloudTrail-Digest/us-east-2/2015/08/01/"),
            Wrong::Elsewhere,
        ),
        (
            at("s3:///AWSLogs/111122223333/CloudTrail/us-east-2/2015/08/01/"),
            Wrong::Address,
        ),
        ("s3://bucket".into(), Wrong::Address),
        (at(&"x/".repeat(600)), Wrong::TooLong),
    ] {
        assert_eq!(read(&text), Err(wrong), "{text}");
    }
}

/// Anything that there can be.
fn any_key(random: &mut SmallRng) -> LogFileKey {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut word = |length: usize, of: usize| -> String {
        let letter = |_| char::from(LETTERS[random.random_range(0..of)]);
        (0..length).map(letter).collect()
    };
    let (prefix, organization) = (word(5, 62), word(10, 26));
    let (unique, trail) = (word(16, 62), word(4, 62) + "_" + &word(3, 62));
    let regions = ["eu-west-1", "us-gov-east-1", "ap-southeast-4", "cn-north-1"];
    let mut region = || {
        regions[random.random_range(0..regions.len())]
            .parse()
            .unwrap()
    };
    let (region, home_region) = (region(), region());
    // From 1970 to 2255.
    let at = Timestamp::from_seconds(random.random_range(0..9_000_000_000));
    let minute = Timestamp::from_seconds(at.seconds() / 60 * 60);
    let folder = Folder::ALL[random.random_range(0..Folder::ALL.len())];
    let detail = match folder {
        Folder::Digest => Detail::Digest {
            end: at,
            trail: trail.parse().unwrap(),
            home_region,
            backfill: random.random(),
        },
        _ => Detail::Delivered {
            at: minute,
            unique: unique.into(),
            mark: random.random(),
        },
    };
    LogFileKey {
        root: Root {
            prefix: random.random::<bool>().then(|| prefix.into()),
            organization: random
                .random::<bool>()
                .then(|| format!("o-{organization}").to_lowercase().parse().unwrap()),
        },
        day: Day::of(at).unwrap(),
        name: LogFileName {
            account: AccountId::from_u64(random.random_range(0..1_000_000_000_000)).unwrap(),
            folder,
            region,
            detail,
        },
    }
}

#[test]
fn a_million_keys_are_read_as_they_were_written() {
    let seed = rand::random();
    eprintln!("seed {seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    for _ in 0..1_000_000 {
        let key = any_key(&mut random);
        let text = key.to_string();
        assert_eq!(text.parse(), Ok(key), "{text}");
    }
}
