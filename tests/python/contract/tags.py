"""AddTags, ListTags and RemoveTags."""

from server import ABROAD, Accounts, HOME, shown, succeeded
from trails import all_alone, arn, trails


def tag(key, value="x"):
    return {"Key": key, "Value": value}


def probes():
    def listed(made):
        found = trails().list_tags(ResourceIdList=[made])["ResourceTagList"][0]["TagsList"]
        return shown(sorted(f"{t['Key']}={t.get('Value', '')}" for t in found))

    def after(*calls):
        """The tags after these: (call, tags)."""

        def probe():
            made = arn()
            for call, tags in calls:
                getattr(trails(), call)(ResourceId=made, TagsList=tags)
            return listed(made)

        return probe

    def of_two():
        made = [arn(), arn(region=ABROAD)]
        trails().add_tags(ResourceId=made[0], TagsList=[tag("a")])
        answer = trails().list_tags(ResourceIdList=[made[0]])
        return shown(sorted(answer["ResourceTagList"][0]))

    def two_at_once():
        made = [arn(), arn()]
        for number, one in enumerate(made):
            trails().add_tags(ResourceId=one, TagsList=[tag("number", str(number))])
        found = trails().list_tags(ResourceIdList=made)["ResourceTagList"]
        each = {one["ResourceId"]: one["TagsList"] for one in found}
        return shown([each[one] for one in made])

    def unknown(call, **more):
        no_trail = f"arn:aws:cloudtrail:{HOME}:{Accounts.member}:trail/no-such-trail"
        return succeeded(lambda: getattr(trails(), call)(ResourceId=no_trail, **more))

    def refused(*tags):
        return succeeded(after(("add_tags", list(tags))))

    def bad_arn(call, **more):
        return succeeded(lambda: getattr(trails(), call)(**more))

    more = {"TagsList": [tag("a")]}
    no_trail = f"arn:aws:cloudtrail:{HOME}:{Accounts.member}:trail/no-such-trail"
    return all_alone(
        {
            "ListTags: none": after(),
            "ListTags: fields": of_two,
            "ListTags: two trails": two_at_once,
            "AddTags": after(("add_tags", [tag("team", "audit"), tag("cost", "1")])),
            "AddTags: another value": after(
                ("add_tags", [tag("team", "audit")]), ("add_tags", [tag("team", "payments")])
            ),
            "AddTags: without value": after(("add_tags", [{"Key": "team"}])),
            "RemoveTags": after(
                ("add_tags", [tag("team"), tag("cost")]), ("remove_tags", [{"Key": "team"}])
            ),
            "RemoveTags: a key that is not there": after(
                ("add_tags", [tag("team")]), ("remove_tags", [{"Key": "other"}])
            ),
            "AddTags: no such trail": unknown("add_tags", **more),
            "RemoveTags: no such trail": unknown("remove_tags", **more),
            "ListTags: no such trail": succeeded(
                lambda: trails().list_tags(ResourceIdList=[no_trail])
            ),
            "AddTags: by name": bad_arn("add_tags", ResourceId="main-trail", **more),
            "ListTags: by name": bad_arn("list_tags", ResourceIdList=["main-trail"]),
            "AddTags: a key twice": refused(tag("team", "a"), tag("team", "b")),
            "AddTags: key of 129": refused(tag("k" * 129)),
            "AddTags: value of 257": refused(tag("team", "v" * 257)),
        }
    )
