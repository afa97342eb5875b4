//! Packed events and what is written about them come back as they were, and damage is an error.

use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    domain::{EventKey, ResourceRef, Timestamp},
    events::cache::packed::{PackError, Packed, Packing},
};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,8}", "\\PC{0,30}"]
}

fn resources() -> impl Strategy<Value = Vec<ResourceRef>> {
    let one = (option::of(text()), option::of(text()));
    vec(
        one.prop_map(|(resource_type, resource_name)| ResourceRef {
            resource_type,
            resource_name,
        }),
        0..3,
    )
}

fn any_event() -> impl Strategy<Value = Arc<Event>> {
    let optional = (
        option::of(text()),
        option::of(text()),
        option::of(any::<bool>()),
    );
    let texts = (text(), text(), text(), text());
    (any::<i64>(), texts, optional, resources()).prop_map(
        |(at, (id, name, source, record), (username, key, read_only), resources)| {
            let cell = whole().cell;
            Arc::new(Event {
                key: EventKey {
                    time: Timestamp::from_nanos(at),
                    account: cell.account,
                    region: cell.region,
                    event_id: id.into(),
                },
                name: name.into(),
                source: source.into(),
                username: username.map(Into::into),
                read_only,
                access_key_id: key.map(Into::into),
                resources,
                record: record.into(),
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn events_come_back_as_they_were(events in vec(any_event(), 0..20)) {
        let packed = Packed::encode(&events, Packing::Lasting).unwrap();
        prop_assert_eq!(packed.decode(&whole().cell).unwrap(), events);
    }

    #[test]
    fn damage_is_an_error(events in vec(any_event(), 1..5), at: prop::sample::Index, bit in 0..8u8) {
        let packed = Packed::encode(&events, Packing::Lasting).unwrap();
        let mut bytes = packed.bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let damaged = Packed::from_parts(bytes.into(), packed.events());
        prop_assert!(damaged.decode(&whole().cell).is_err());
        let cut = Packed::from_parts(packed.bytes().slice(..at), packed.events());
        prop_assert!(cut.decode(&whole().cell).is_err());
        let count = Packed::from_parts(packed.bytes().clone(), packed.events() + 1);
        prop_assert_eq!(count.decode(&whole().cell), Err(PackError::Damaged));
    }

    /// Also where the checksum is right and what is below it is nonsense.
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200), count: u32, size in 0..300u32) {
        let packed = Packed::from_parts(bytes.clone().into(), count);
        prop_assert!(packed.decode(&whole().cell).is_err());
        let squeezed = zstd::bulk::compress(&bytes, 1).unwrap();
        let mut sum = crc32fast::Hasher::new();
        sum.update(&size.to_le_bytes());
        sum.update(&squeezed);
        let mut whole_block = vec![1];
        whole_block.extend(sum.finalize().to_le_bytes());
        whole_block.extend(size.to_le_bytes());
        whole_block.extend(squeezed);
        let _ = Packed::from_parts(whole_block.into(), count).decode(&whole().cell);
        let _ = Meta::decode(7, &bytes);
    }

    #[test]
    fn what_is_written_of_a_block_comes_back(
        (from, seconds) in (-5i64..2_000_000_000, 0i64..1_000_000),
        events: u32,
        bytes: u32,
        value in option::of(text()),
        id: u64,
    ) {
        let strand = value.map_or_else(whole, |value| named(&value));
        let span = span(from, from + seconds);
        let meta = Meta { id, strand: Arc::new(strand), span, events, bytes };
        let encoded = meta.encode();
        prop_assert_eq!(Meta::decode(id, &encoded), Some(meta));
        prop_assert_eq!(Meta::decode(id, &encoded[..encoded.len() - 1]), None);
    }
}

#[test]
fn another_layout_is_told_from_damage() {
    let packed = Packed::encode(&[Arc::new(event(1, "a"))], Packing::Brief).unwrap();
    let mut bytes = packed.bytes().to_vec();
    bytes[0] += 1;
    let other = Packed::from_parts(bytes.into(), 1);
    assert_eq!(other.decode(&whole().cell), Err(PackError::OtherLayout));
}
