use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const REQUEST: RequestHash = RequestHash([7; 32]);

fn keys(seed: u8) -> CursorKeys {
    CursorKeys::new(&[vec![seed; SHORTEST_KEY]]).unwrap()
}

fn window() -> TimeWindow {
    TimeWindow::new(
        Timestamp::from_seconds(1_000),
        Timestamp::from_seconds(2_000_000),
    )
    .unwrap()
}

fn key(nanos: i64, account: u64, id: &str) -> EventKey {
    EventKey {
        time: Timestamp::from_nanos(nanos),
        account: crate::domain::AccountId::from_u64(account).unwrap(),
        region: "eu-west-1".parse().unwrap(),
        event_id: id.into(),
    }
}

fn places() -> impl Strategy<Value = Place> {
    let cell = (0u64..1_000_000_000_000, 0usize..3, 0i64..2_000_000).prop_map(
        |(account, region, second)| {
            let region = ["eu-west-1", "us-east-1", "ap-southeast-2"][region]
                .parse()
                .unwrap();
            let account = crate::domain::AccountId::from_u64(account).unwrap();
            (Cell { account, region }, Timestamp::from_seconds(second))
        },
    );
    prop_oneof![
        Just(Place::Start),
        (any::<i64>(), 0u64..1_000_000_000_000, "[a-f0-9-]{1,36}")
            .prop_map(|(t, a, id)| Place::After(key(t, a, &id))),
        any::<i64>().prop_map(|t| Place::Within(Timestamp::from_nanos(t))),
        prop::collection::btree_map(Just(()), Just(()), 0..1)
            .prop_map(|_| Place::Cells(BTreeMap::new())),
        prop::collection::vec(cell, 0..200)
            .prop_map(|cells| Place::Cells(cells.into_iter().collect())),
    ]
}

fn tails() -> impl Strategy<Value = TailPlace> {
    let sent = prop::collection::vec((1i64..2_000, any::<u64>()), 0..20);
    let cell = (0u64..1_000_000_000_000, 0i64..2_000_000, sent);
    (0i64..3_000_000_000, prop::collection::vec(cell, 0..60)).prop_map(|(made, cells)| {
        let cells = cells.into_iter().map(|(account, through, sent)| {
            let cell = Cell {
                account: crate::domain::AccountId::from_u64(account).unwrap(),
                region: "eu-west-1".parse().unwrap(),
            };
            let sent = sent
                .iter()
                .map(|(at, print)| (through + at, *print))
                .collect();
            (cell, TailCell { through, sent })
        });
        TailPlace {
            made: Timestamp::from_nanos(made * 1_000_000_001),
            cells: cells.collect(),
        }
    })
}

proptest! {
    #[test]
    fn places_of_tails_read_back_as_written(place in tails()) {
        let token = keys(1).encode_tail(&place, REQUEST);
        prop_assert!(keys(1).has_signed(&token));
        prop_assert_eq!(keys(1).decode_tail(&token, REQUEST), Ok(place));
        prop_assert_eq!(keys(2).decode_tail(&token, REQUEST), Err(CursorError::NotOurs));
        let other = RequestHash([8; 32]);
        prop_assert_eq!(keys(1).decode_tail(&token, other), Err(CursorError::OtherRequest));
        prop_assert_eq!(keys(1).decode(&token, other), Err(CursorError::OtherRequest));
    }

    #[test]
    fn the_cursor_of_a_lookup_is_none_of_a_tail(place in places()) {
        let token = keys(1).encode(&Cursor { window: window(), place, gaps: false }, REQUEST);
        prop_assert_eq!(keys(1).decode_tail(&token, REQUEST), Err(CursorError::OtherRequest));
    }

    #[test]
    fn cursors_read_back_as_written(place in places(), gaps: bool) {
        let cursor = Cursor { window: window(), place, gaps };
        let text = keys(1).encode(&cursor, REQUEST);
        prop_assert_eq!(keys(1).decode(&text, REQUEST), Ok(cursor));
    }

    #[test]
    fn no_changed_byte_is_accepted(at in 0usize..200, flip in 1u8..=255) {
        let cursor = Cursor { window: window(), place: Place::After(key(5_000, 42, "id")), gaps: false };
        let text = keys(1).encode(&cursor, REQUEST);
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= flip;
        prop_assert_eq!(keys(1).decode(&URL_SAFE_NO_PAD.encode(bytes), REQUEST), Err(CursorError::NotOurs));
    }

    #[test]
    fn no_text_makes_decoding_panic(text in ".{0,300}") {
        prop_assert!(keys(1).decode(&text, REQUEST).is_err());
    }
}

#[test]
fn a_cursor_is_good_for_its_own_request_only() {
    let cursor = Cursor {
        window: window(),
        place: Place::Start,
        gaps: false,
    };
    let text = keys(1).encode(&cursor, REQUEST);
    assert_eq!(
        keys(1).decode(&text, RequestHash([8; 32])),
        Err(CursorError::OtherRequest)
    );
    assert_eq!(keys(2).decode(&text, REQUEST), Err(CursorError::NotOurs));
}

#[test]
fn keys_rotate() {
    let cursor = Cursor {
        window: window(),
        place: Place::Start,
        gaps: true,
    };
    let old = keys(1).encode(&cursor, REQUEST);
    let both = CursorKeys::new(&[vec![2; 32], vec![1; 32]]).unwrap();
    assert_eq!(both.decode(&old, REQUEST), Ok(cursor.clone()));
    assert!(
        keys(2)
            .decode(&both.encode(&cursor, REQUEST), REQUEST)
            .is_ok()
    );
}

#[test]
fn short_or_missing_keys_are_refused_and_keys_do_not_show() {
    assert!(CursorKeys::new(&[]).is_none());
    assert!(CursorKeys::new(&[vec![1; 31]]).is_none());
    assert_eq!(format!("{:?}", keys(65)), "CursorKeys(1 redacted)");
}

#[test]
fn tens_of_thousands_of_cells_at_different_times_fit_into_a_token() {
    // 512 KiB is what the edge takes (`MAX_TOKEN` in `api::convert::page`).
    let length = |accounts: u64| {
        let cells = (0..accounts).flat_map(|account| {
            (0..17).map(move |region| {
                let cell = Cell {
                    account: crate::domain::AccountId::from_u64(
                        100_000_000_000 + account * 1_234_567,
                    )
                    .unwrap(),
                    region: format!("eu-west-{region}").parse().unwrap(),
                };
                let second = 1_000 + (account * 17 + region) * 7_919 % 1_990_000;
                (
                    cell,
                    Timestamp::from_seconds(i64::try_from(second).unwrap()),
                )
            })
        });
        let cursor = Cursor {
            window: window(),
            place: Place::Cells(cells.collect()),
            gaps: false,
        };
        keys(1).encode(&cursor, REQUEST).len()
    };
    assert!(length(500) < 80 << 10, "{}", length(500));
    assert!(length(3_000) < 512 << 10, "{}", length(3_000));
}
