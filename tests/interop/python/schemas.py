"""Schemas cut to pieces: what a producer has that writes one event, or shares its types."""

from forms import PRIMITIVES, fullname

NAMED = ("record", "enum", "fixed")


def names(union):
    """The fullnames of a union's records."""
    return [fullname(record["name"], record.get("namespace")) for record in union]


def definitions(schema):
    """All named types of a schema, by their fullnames; each refers to the others by these."""
    found = {}

    def refer(schema, namespace):
        if isinstance(schema, list):
            return [refer(branch, namespace) for branch in schema]
        if isinstance(schema, str):
            return schema if schema in PRIMITIVES else fullname(schema, namespace)
        if not isinstance(schema["type"], str):
            return refer(schema["type"], namespace)
        schema = dict(schema)
        if schema["type"] in NAMED:
            name = fullname(schema["name"], schema.get("namespace", namespace))
            namespace, _, schema["name"] = name.rpartition(".")
            schema["namespace"] = namespace
            found[name] = schema
            if schema["type"] == "record":
                schema["fields"] = [field | {"type": refer(field["type"], namespace)} for field in schema["fields"]]
            return name
        for inner in ("items", "values"):
            if inner in schema:
                schema[inner] = refer(schema[inner], namespace)
        return schema

    refer(schema, "")
    return found


def alone(schema, name):
    """The schema of one event of a union: its other types are defined where they are first used."""
    types, defined = definitions(schema), set()

    def whole(schema):
        if isinstance(schema, list):
            return [whole(branch) for branch in schema]
        if isinstance(schema, str):
            if schema not in types or schema in defined:
                return schema
            defined.add(schema)
            return whole(types[schema])
        schema = dict(schema)
        for inner in ("items", "values"):
            if inner in schema:
                schema[inner] = whole(schema[inner])
        if "fields" in schema:
            schema["fields"] = [field | {"type": whole(field["type"])} for field in schema["fields"]]
        return schema

    return whole(name)


def uses(schema):
    """The names of the types that a definition refers to."""
    match schema:
        case list():
            return set().union(*map(uses, schema))
        case str():
            return set() if schema in PRIMITIVES else {schema}
        case {"type": "record"}:
            return set().union(*(uses(field["type"]) for field in schema["fields"]))
        case {"items": inner} | {"values": inner}:
            return uses(inner)
    return set()
