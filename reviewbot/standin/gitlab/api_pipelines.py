"""API handlers: a pipeline's jobs and single files of their artifacts (docs: "Jobs API", "Job artifacts API")."""

from starlette.responses import Response

from reviewbot.standin.gitlab.call import Call, Route, missing
from reviewbot.standin.gitlab.noting import Refused
from reviewbot.standin.gitlab.state import REPORTER, Job, Json


def _job(one: Job) -> Json:
    kinds = [("archive", "artifacts.zip", "zip")] if one.artifacts else []
    kinds += [(kind, f"gl-{kind}-report.json", "raw") for kind in one.reports]
    files = [
        {"file_type": kind, "filename": name, "file_format": shape, "size": sum(map(len, one.artifacts.values()))}
        for kind, name, shape in kinds
    ]
    return {"id": one.id, "name": one.name, "status": one.status, "stage": "test", "artifacts": files}


def jobs(call: Call) -> Response:
    found = call.project(REPORTER)
    wanted = int(call.at["number"])
    pipeline = next((one for one in found.pipelines if one.id == wanted), None)
    if pipeline is None:
        raise missing()
    return call.page(pipeline.jobs[::-1], _job)


def artifact(call: Call) -> Response:
    found = call.project(REPORTER)
    wanted = int(call.at["number"])
    one = next((job for pipeline in found.pipelines for job in pipeline.jobs if job.id == wanted), None)
    data = one.artifacts.get(call.at["artifact"]) if one else None
    if data is None:
        raise Refused(404, {"message": "404 Not Found"})
    return Response(data, media_type="application/octet-stream")


ROUTES: tuple[Route, ...] = (
    ("GET", "/projects/{project}/pipelines/{number}/jobs", jobs),
    ("GET", "/projects/{project}/jobs/{number}/artifacts/{artifact}", artifact),
)
