//! What buckets hold: listed page by page, and read as it comes. No emulator has ListPublicKeys.

use aws_sdk_s3::primitives::ByteStream;
use trailplane::aws::{FailureKind, ListFrom, Listing, Object};

use super::{World, op, policies::bucket};

const NAME: &str = "log-files-in-the-west";

async fn put(world: &World, key: &str, body: Vec<u8>, metadata: &[(&str, &str)]) {
    let mut put = aws_sdk_s3::Client::new(&world.sdk).put_object();
    for (name, value) in metadata {
        put = put.metadata(*name, *value);
    }
    put.bucket(NAME)
        .key(key)
        .body(ByteStream::from(body))
        .send()
        .await
        .unwrap();
}

fn listing(from: ListFrom<'_>) -> Listing<'_> {
    Listing {
        bucket: NAME,
        prefix: "a/",
        from,
        most: 1000,
    }
}

async fn whole(mut object: Object) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(bytes) = object.body.next().await.unwrap() {
        all.extend_from_slice(&bytes);
    }
    all
}

async fn listed(world: &World) {
    let here = &world.region;
    let nowhere = Listing {
        bucket: "no-such-bucket-there",
        ..listing(ListFrom::Start)
    };
    let none = op!(world.list_objects(here, nowhere));
    assert_eq!(none.unwrap_err().kind, FailureKind::NotFound);
    bucket(world, NAME).await;
    for number in 0..1003 {
        put(world, &format!("a/{number:04}"), vec![b'x'; 3], &[]).await;
    }
    put(world, "b/0000", Vec::new(), &[]).await;

    let mut keys = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let from = token.as_deref().map_or(ListFrom::Start, ListFrom::Token);
        let page = op!(world.list_objects(here, listing(from))).unwrap();
        assert!(page.items.iter().all(|object| object.size == 3));
        assert!(page.items.iter().all(|object| object.modified.is_some()));
        keys.extend(page.items.into_iter().map(|object| object.key));
        match page.token {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    assert!(token.is_some(), "a thousand keys make a page");
    let all: Vec<String> = (0..1003).map(|number| format!("a/{number:04}")).collect();
    assert_eq!(keys, all);

    // After a key that need not be there, and no more than are asked for.
    let from = ListFrom::After("a/1000-and-a-bit");
    let page = op!(world.list_objects(here, listing(from))).unwrap();
    let keys: Vec<&str> = page.items.iter().map(|object| &*object.key).collect();
    assert_eq!((keys, page.token), (vec!["a/1001", "a/1002"], None));
    let one = Listing {
        most: 1,
        ..listing(from)
    };
    let page = op!(world.list_objects(here, one)).unwrap();
    assert_eq!(page.items.len(), 1);
    assert!(page.token.is_some());
}

async fn read(world: &World) {
    let here = &world.region;
    bucket(world, NAME).await;
    let body: Vec<u8> = (0..3_000_000_u32)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect();
    let key = "AWSLogs/with a blank+and more.json.gz";
    let signature = [
        ("signature", "c0ffee"),
        ("signature-algorithm", "SHA256withRSA"),
    ];
    put(world, key, body.clone(), &signature).await;

    let object = op!(world.get_object(here, NAME, key, 3_000_000)).unwrap();
    assert_eq!(object.size, Some(3_000_000));
    assert_eq!(object.metadata["signature"], "c0ffee");
    assert_eq!(object.metadata["signature-algorithm"], "SHA256withRSA");
    assert!(whole(object).await == body);

    // One byte more than may be read.
    let mut object = op!(world.get_object(here, NAME, key, 2_999_999)).unwrap();
    let mut seen = 0;
    let refused = loop {
        match object.body.next().await {
            Ok(Some(bytes)) => seen += bytes.len(),
            Ok(None) => panic!("all of it was read"),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind, FailureKind::Refused);
    assert!(seen < 3_000_000);

    let gone = op!(world.get_object(here, NAME, "not-there", 1)).unwrap_err();
    assert_eq!(gone.kind, FailureKind::NotFound);
    assert_eq!(gone.code.as_deref(), Some("NoSuchKey"));
}

#[tokio::test]
async fn objects_are_listed_in_ministack() {
    listed(&World::ministack().await).await;
}

#[tokio::test]
async fn objects_are_listed_in_moto() {
    listed(&World::moto().await).await;
}

#[tokio::test]
async fn objects_are_read_from_ministack() {
    read(&World::ministack().await).await;
}

#[tokio::test]
async fn objects_are_read_from_moto() {
    read(&World::moto().await).await;
}
