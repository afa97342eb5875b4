//! `docs/cli-to-rpc.md`: every call of the page runs as it stands there, in order, against a fresh simulated AWS, shows
//! its effect in the answer, and has it in the state.

mod steps;

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use crate::support::{
    page::{blocks, fenced, paste, sections},
    process::http_get,
    tools::project,
    trailplane::Trailplane,
};

/// What one call answered: all messages of its stream.
struct Answer(Vec<Value>);

impl Answer {
    fn of(text: &str) -> Self {
        let messages = serde_json::Deserializer::from_str(text).into_iter();
        Self(messages.collect::<Result<_, _>>().unwrap())
    }

    /// The only message.
    fn only(&self) -> &Value {
        assert_eq!(self.0.len(), 1);
        &self.0[0]
    }

    fn events(&self) -> &[Value] {
        self.only()["events"].as_array().unwrap()
    }

    /// How many targets of a change had which outcome; the summary must say the same.
    fn outcomes(&self) -> BTreeMap<&str, u64> {
        let mut outcomes = BTreeMap::new();
        for result in self.0.iter().filter_map(|message| message.get("result")) {
            *outcomes
                .entry(result["outcome"].as_str().unwrap())
                .or_default() += 1;
        }
        let summary = &self.0.last().unwrap()["summary"];
        if self.0.len() > 1 {
            let counts = summary["counts"].as_array().unwrap().iter();
            let counted = counts.map(|count| {
                let targets = count["targets"].as_u64().unwrap();
                (count["outcome"].as_str().unwrap(), targets)
            });
            assert_eq!(outcomes, counted.collect());
            assert_eq!(summary["coverage"]["complete"], true, "{summary}");
        }
        outcomes
    }

    /// All of these targets, and each with this outcome.
    #[track_caller]
    fn each(&self, targets: u64, outcome: &str) {
        assert_eq!(self.outcomes(), BTreeMap::from([(outcome, targets)]));
    }
}

/// What the simulated AWS holds.
struct Held(Vec<Value>);

impl Held {
    async fn now(aws: &str) -> Self {
        let (status, body) = http_get(aws, "/_sandbox/trails").await.unwrap();
        assert_eq!(status, 200, "{body}");
        Self(serde_json::from_str(&body).unwrap())
    }

    /// How many trails of this name are so.
    fn count(&self, name: &str, is: impl Fn(&Value) -> bool) -> usize {
        let named = |trail: &&Value| trail["name"] == name;
        self.0
            .iter()
            .filter(named)
            .filter(|trail| is(trail))
            .count()
    }
}

/// What a call must show: in its answer, and in the state after it.
type Check = fn(&Answer, &Held);

/// One section of the page: the command of the AWS CLI, and its calls.
struct Step {
    command: &'static str,
    calls: &'static [Check],
}

/// The command of the AWS CLI that a section shows has every word of its title.
fn assert_shows_the_command(title: &str, text: &str) {
    let shown = fenced(text, "\n```sh\n")[0];
    let words = title.split(' ').filter(|word| *word != "N");
    for word in words {
        assert!(shown.contains(word), "{word} is not in: {shown}");
    }
}

#[tokio::test]
async fn every_call_of_the_page_does_what_it_says() {
    let page = fs::read_to_string(project().join("docs/cli-to-rpc.md")).unwrap();
    let sections = sections(&page);
    let titles: Vec<&str> = sections.iter().map(|(t, _)| t.trim_matches('`')).collect();
    let commands: Vec<&str> = steps::STEPS.iter().map(|step| step.command).collect();
    assert_eq!(titles, commands, "the page and this test go together");
    let mut server = Trailplane::sandbox().await;
    let aws = server.simulated_aws().await;
    for (step, (_, text)) in steps::STEPS.iter().zip(sections) {
        println!("{}", step.command);
        assert_shows_the_command(step.command, text);
        let blocks = blocks(text);
        assert_eq!(blocks.len(), step.calls.len());
        for (block, check) in blocks.into_iter().zip(step.calls) {
            let answer = Answer::of(&paste(block, &server).await);
            check(&answer, &Held::now(&aws).await);
        }
    }
}
