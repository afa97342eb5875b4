"""botocove's decorator over the same paginator: cove.py JOB."""

import json
import sys

from botocove import cove

import pages


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)

    @cove(
        target_ids=job["accounts"],
        rolename=job["role"],
        external_id=job["external_id"],
        regions=job["regions"],
    )
    def look(session) -> None:
        name = f"{session.session_information['Id']}-{session.region_name}"
        pages.read(session, job, name, job["start"], job["end"])

    answer = look()
    wrong = answer["Exceptions"] + answer["FailedAssumeRole"]
    for one in wrong:
        print(one, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
