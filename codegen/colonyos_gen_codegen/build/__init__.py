"""From a schema without findings to the model of the service, of the newest server release or an older one."""

from colonyos_gen_codegen.build.as_of import UnknownReleaseError, as_of, known_releases, named_release
from colonyos_gen_codegen.build.service import build

__all__ = ["UnknownReleaseError", "as_of", "build", "known_releases", "named_release"]
