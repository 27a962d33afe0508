"""Asks PyPI's fastavro and avro what becomes of a writer's data when another schema reads them.

Reads a line of JSON with questions and answers with a line of JSON with as many answers:

    {"reader": S, "writer": S, "data": [[HEX, HEX or null]...]}
    {"checker": "compatible", "incompatible" or words, "data": [A...]}

of which "checker" is what avro's checker of compatibility says. Of each datum, the second form is what the project has
made of it in the reader's schema, or null where it refused; A says whether fastavro reads the same from both:

    {"verdict": "same"}                    it does
    {"verdict": "refused"}                 it refuses as well
    {"verdict": "text"}                    what was read as a string is none, in both
    {"verdict": "differs", "words": TEXT}  none of these

with "repairs", names of repairs.py, where fastavro says so only when it is repaired; and "avro" with what avro's reader
says of it: the same four.

Logical types are taken out of the schemas before data are read, since what python makes of numbers is no matter here.

    {"case": {"reader": S, "writer": S, "findings": [TEXT...], "data": [D...]}}

is a committed case, and the answer to it is the case with what the libraries say of it: which of them agree, and the
words of the others, with the repairs that mend them. D has the writer's value (FORM of oracle.py) or its datum; and
the reader's value, its datum, or "refused". What is missing is what fastavro makes of the rest.
"""

import io
import json
import sys
import warnings

import avro.compatibility
import avro.schema
import fastavro
import fastavro._read_py as fast_read
import fastavro._schema_py as fast_schema
import fastavro._write_py as fast_write
import oracle
import repairs
import second_voice
from values import REFUSED, Default, compare, plain, read_all, settled


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        json.dump([answer(question) for question in json.loads(line)], sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


def answer(question):
    if "case" in question:
        return judged(question["case"])
    reader, writer = question["reader"], question["writer"]
    pair = Pair(bare(reader), bare(writer))
    second = second_voice.Avro(pair, bare(reader), bare(writer))
    data = []
    for datum, ours in question["data"]:
        datum, ours = bytes.fromhex(datum), None if ours is None else bytes.fromhex(ours)
        data.append({**pair.verdict(datum, ours), "avro": second.verdict(datum, ours)})
    return {"checker": checker(reader, writer), "data": data}


def judged(case):
    reader, writer = bare(case["reader"]), bare(case["writer"])
    pair = Pair(reader, writer)
    second = second_voice.Avro(pair, reader, writer)
    sides = {side: oracle.Node.parse(schema, "", {}) for side, schema in (("reader", reader), ("writer", writer))}

    def written(side, form):
        out = io.BytesIO()
        schema, names = getattr(pair, side), pair.names[side]
        value = sides[side].value(form, set())
        fast_write.write_data(fast_write.BinaryEncoder(out), value, schema, names, "", {})
        return out.getvalue().hex()

    for item in case["data"]:
        if "datum" not in item:
            item["datum"] = written("writer", item["value"])
        datum = bytes.fromhex(item["datum"])
        if "refused" not in item:
            if "read" not in item and "becomes" not in item:
                item["read"] = sides["reader"].form(settled(pair.resolve(datum)))
            if "becomes" not in item:
                item["becomes"] = written("reader", item["read"])
            if "read" in item and pair.read_form(item["becomes"], sides["reader"]) != item["read"]:
                raise ValueError(f"{item['becomes']} is not {item['read']}")
        ours = bytes.fromhex(item["becomes"]) if "becomes" in item else None
        opinions(item, fastavro=pair.verdict(datum, ours), avro=second.verdict(datum, ours))
    expected = all(finding.startswith("logical-type-mismatch") for finding in case["findings"])
    says = checker(case["reader"], case["writer"])
    is_same = says == ("compatible" if expected else "incompatible")
    case["checker"] = {}
    opinions(case["checker"], avro={"verdict": "same"} if is_same else {"verdict": "differs", "words": says})
    return case


def opinions(item, **verdicts):
    """Notes which libraries agree, the words of the others, and for what they must be repaired."""
    item.update(agree=[], disagree={}, repairs={})
    for library, verdict in sorted(verdicts.items()):
        if "repairs" in verdict or verdict["verdict"] == "differs":
            item["disagree"][library] = verdict["words"].partition("\n")[0]
            item["repairs"][library] = verdict.get("repairs", [])
        else:
            item["agree"].append(library)
    if not item["disagree"]:
        del item["disagree"], item["repairs"]


def checker(reader, writer):
    reader, writer = (avro.schema.parse(json.dumps(schema)) for schema in (reader, writer))
    return avro.compatibility.ReaderWriterCompatibilityChecker().get_compatibility(reader, writer).compatibility.value


def bare(schema):
    """A schema without logical types; where they were known, the custom property "cq.logical" says so."""
    if isinstance(schema, list):
        return [bare(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    node = {key: value for key, value in schema.items() if key not in ("logicalType", "precision", "scale")}
    logical = schema.get("logicalType")
    if logical is not None and logical != "regional-phone-number":
        node["cq.logical"] = [logical, schema.get("precision"), schema.get("scale", 0)]
    for key in ("type", "items", "values"):
        if key in node:
            node[key] = bare(node[key])
    if "fields" in node:
        node["fields"] = [{**field, "type": bare(field["type"])} for field in node["fields"]]
    return node


class Pair:
    """fastavro with a reader's and a writer's schema."""

    def __init__(self, reader, writer):
        self.compiled = [fastavro.parse_schema(reader), fastavro.parse_schema(writer)]
        self.names = {"reader": {}, "writer": {}}
        self.reader = fast_schema.parse_schema(reader, self.names["reader"])
        self.writer = fast_schema.parse_schema(writer, self.names["writer"])
        # fastavro resolves nothing then.
        self.is_one = self.reader == self.writer
        for named in self.names["reader"].values():
            for field in named.get("fields", []):
                if "default" in field:
                    field["default"] = Default(self, field)

    def verdict(self, datum, ours):
        return repairs.verdict(repairs.REPAIRS, lambda active: self.agrees(datum, ours, active))

    def agrees(self, datum, ours, active):
        repairs.active = active
        try:
            value = self.resolve(datum)
        except Exception as error:
            value = error
        finally:
            repairs.active = set()
        if not active:
            self.check(datum, value)
        return compare(value, self.read_ours(ours))

    def check(self, datum, value):
        """What is said with unions' branches is what the unchanged compiled reader says."""
        try:
            compiled = read_all(datum, lambda rest: fastavro.schemaless_reader(rest, *reversed(self.compiled)))
        except Exception as error:
            compiled = error
        is_same = isinstance(value, Exception) and isinstance(compiled, Exception)
        if not is_same and repr(plain(value)) != repr(compiled):
            raise ValueError(f"the compiled reader says {compiled!r}, the other {plain(value)!r}")

    def resolve(self, datum):
        reader = None if self.is_one else self.reader

        def read(rest):
            return fast_read.read_data(fast_read.BinaryDecoder(rest), self.writer, self.names, reader, {})

        return read_all(datum, read)

    def read_form(self, digits, node):
        return node.form(self.read_ours(bytes.fromhex(digits)))

    def read_ours(self, ours):
        """What was made for the reader, read with its schema alone."""
        names = {"writer": self.names["reader"], "reader": {}}
        if ours is None:
            return REFUSED
        try:
            return read_all(
                ours, lambda rest: fast_read.read_data(fast_read.BinaryDecoder(rest), self.reader, names, None, {})
            )
        except Exception as error:
            return error


if __name__ == "__main__":
    main()
