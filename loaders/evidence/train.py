"""Train the section model from abstracts whose authors wrote headings: `python -m loaders.evidence.train JATS.tar.gz`.

Input: a tar of JATS articles, all CC BY, so that the model may be given away. A conditional random field
(python-crfsuite, a development dependency) learns weights for what `model.features` sees and for which
section follows which; they are rounded to whole numbers and written to sections.json.gz, which `model` reads
without any library. Documents are split by a hash of their name: a tenth is never trained on.
"""

import gzip
import re
import sys
import tarfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from defusedxml import ElementTree as Safe

from loaders.evidence.headings import SECTIONS, meaning
from loaders.evidence.model import FILE, SCALE, SectionModel, features
from loaders.evidence.sentences import sentences
from ontology.iris import digest
