"""StartLogging, StopLogging and GetTrailStatus."""

from server import ABROAD, shown, succeeded
from trails import all_alone, arn, new_name, trails

TIMES = ("StartLoggingTime", "StopLoggingTime")


def probes():
    def status(name, region="us-east-1"):
        answer = trails(region=region).get_trail_status(Name=name)
        times = [field for field in TIMES if field in answer]
        return f"{answer['IsLogging']} {shown(times)}"

    def after(*calls):
        """The status after these calls."""

        def probe():
            made = arn()
            for call in calls:
                getattr(trails(), call)(Name=made)
            return status(made)

        return probe

    def restarted():
        """Stopped and started again: since when, and the time of the stop stays."""
        made = arn()
        for call in ("start_logging", "stop_logging", "start_logging"):
            getattr(trails(), call)(Name=made)
        answer = trails().get_trail_status(Name=made)
        in_order = answer["StartLoggingTime"] >= answer["StopLoggingTime"]
        return f"{status(made)}, in order: {in_order}"

    def shadow(by_name):
        def probe():
            name = new_name()
            made = arn(name=name, IsMultiRegionTrail=True)
            trails().start_logging(Name=made)
            return status(name if by_name else made, ABROAD)

        return probe

    def by_name():
        name = new_name()
        arn(name=name)
        trails().start_logging(Name=name)
        return status(name)

    return all_alone(
        {
            "GetTrailStatus: never started": after(),
            "GetTrailStatus: started": after("start_logging"),
            "GetTrailStatus: started twice": after("start_logging", "start_logging"),
            "GetTrailStatus: stopped": after("start_logging", "stop_logging"),
            "GetTrailStatus: started again": restarted,
            "StopLogging: never started": succeeded(after("stop_logging")),
            "StartLogging: by name": by_name,
            "GetTrailStatus: a shadow copy by ARN": shadow(by_name=False),
            "GetTrailStatus: a shadow copy by name": shadow(by_name=True),
        }
    )
