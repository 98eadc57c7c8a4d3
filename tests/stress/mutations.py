"""Damage to files, drawn from a seed: what disks, connections and people with an editor do, and worse."""

import io
import json
import pickletools
import struct
import zipfile

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)


def of_bytes(content, rng):
    """Return a file with one to four changes, and not equal to the original."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        rng.choice(CHANGES)(changed, rng)
    return bytes(changed) if changed != content else bytes(changed[:-1])


def _range(content, rng, longest=64):
    start = rng.randrange(len(content) + 1)
    return slice(start, start + rng.randint(1, longest))


def _flip(content, rng):
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _cut(content, rng):
    del content[rng.randrange(len(content) + 1) :]


def _insert(content, rng):
    where = rng.randrange(len(content) + 1)
    content[where:where] = rng.randbytes(rng.randint(1, 64))


def _repeat(content, rng):
    part, where = _range(content, rng), rng.randrange(len(content) + 1)
    content[where:where] = content[part]


def _remove(content, rng):
    del content[_range(content, rng)]


def _clear(content, rng):
    part = _range(content, rng)
    content[part] = bytes(len(content[part]))


def _move(content, rng):
    part = _range(content, rng)
    moved = content[part]
    del content[part]
    where = rng.randrange(len(content) + 1)
    content[where:where] = moved


def _extreme(content, rng):
    """Replace what may be a length, near the beginning or the end more often."""
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice(EXTREMES) & (2 ** (8 * size) - 1)
    where = rng.choice((rng.randrange(32), len(content) - rng.randrange(1, 120), rng.randrange(len(content) + 1)))
    where = min(max(where, 0), len(content))
    content[where : where + size] = value.to_bytes(size, rng.choice(("little", "big")))


CHANGES = (_flip, _flip, _cut, _insert, _repeat, _remove, _clear, _move, _extreme, _extreme)


# ---- archives ---------------------------------------------------------------------------------------------------


def of_members(content, rng):
    """Return an archive whose members are others, and whose checksums are right: only the reader can tell."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    which = rng.randrange(len(members))
    name, part = members[which]
    match rng.choice(("content", "content", "content", "rename", "twice", "drop", "swap", "pack")):
        case "content":
            members[which] = name, of_bytes(part, rng)
        case "rename":
            members[which] = f"{name}{rng.choice(('x', '/', 'ü', '/../../x'))}", part
        case "twice":
            members.append((name, of_bytes(part, rng)))
        case "drop":
            del members[which]
        case "swap":
            other = rng.randrange(len(members))
            members[which], members[other] = (name, members[other][1]), (members[other][0], part)
    return archived(members, rng.choice((zipfile.ZIP_STORED,) * 7 + (zipfile.ZIP_DEFLATED,)))


# Where the numbers are in the parts of an archive: by signature, the length of the part and (place, size) of each.
FIELDS = {
    b"PK\x03\x04": (30, [(4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)]),
    b"PK\x01\x02": (46, [(8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (42, 4)]),
    b"PK\x05\x06": (22, [(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)]),
}


def of_fields(content, rng):
    """Return an archive with one or two numbers of its headers and its directory changed: sizes, places, flags."""
    changed = bytearray(content)
    while changed == content:
        for _ in range(rng.randint(1, 2)):
            signature = rng.choice(list(FIELDS))
            length, fields = FIELDS[signature]
            places = [at for at in range(len(content) - length + 1) if content.startswith(signature, at)]
            at, size = rng.choice(fields)
            at += rng.choice(places)
            value = _other(int.from_bytes(changed[at : at + size], "little"), rng) % 2 ** (8 * size)
            changed[at : at + size] = value.to_bytes(size, "little")
    return bytes(changed)


def _other(number, rng):
    """Return a number near another, a part of it, or an extreme one."""
    return rng.choice((number + 1, number - 1, number // 2, number * 2, number ^ 8, number + 46, *EXTREMES))


def archived(members, compression=zipfile.ZIP_STORED):
    """Return an archive of names and bytes, in which a name may stand twice."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, part in members:
            archive.NameToInfo.clear()  # zipfile warns of names that are there
            archive.writestr(name, part)
    return file.getvalue()


# ---- pickles ----------------------------------------------------------------------------------------------------

INSERTED = [code.code.encode("latin-1") for code in pickletools.opcodes if code.arg is None] + [
    b"h\x00",
    b"h\x01",
    b"q\x00",
]


def of_program(content, rng):
    """Return a pickle with one to three instructions removed, doubled, moved, inserted, or with another number."""
    places = [place for _, _, place in pickletools.genops(content)]
    parts = [content[a:b] for a, b in zip(places, [*places[1:], len(content)], strict=True)]
    for _ in range(rng.randint(1, 3)):
        at, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        match rng.choice(("remove", "double", "move", "swap", "insert", "number", "copy")):
            case "remove" if len(parts) > 1:
                del parts[at]
            case "double":
                parts.insert(at, parts[at])
            case "move":
                parts.insert(other, parts.pop(at))
            case "swap":
                parts[at], parts[other] = parts[other], parts[at]
            case "copy":
                parts[at] = parts[other]
            case "number":
                numbers = [i for i, part in enumerate(parts) if part[:1] in (b"K", b"M", b"J")]
                parts[rng.choice(numbers or [at])] = b"J" + struct.pack(
                    "<i", _other(rng.choice((0, 3, 6)), rng) % 2**31
                )
            case _:
                parts.insert(at, rng.choice(INSERTED))
    return b"".join(parts)


# ---- JSON -------------------------------------------------------------------------------------------------------

STRANGE = (
    *("null", "true", "false", "0", "-1", "1.5", "-0.0", "1e999", "NaN", "-Infinity", '""', "[]", "{}", "[[]]"),
    *("9" * 400, "9" * 5000, "1e-400", str(2**31), str(2**63), '"\\ud800"', '"ü\\u0000"', '"' + "x" * 3000 + '"'),
    *("[" * 3000 + "]" * 3000, '{"a":' * 900 + "1" + "}" * 900, '{"a": 1, "a": 2}', "[1, [2, 3]]"),
)
MARK = "\x00here\x00"


def of_json(content, rng):
    """Return a JSON text in which a value is another, is not there, or a key is twice; or with changed bytes."""
    if rng.random() < 0.4:
        return of_bytes(content, rng)
    tree = json.loads(content)
    text = STRANGE[rng.randrange(len(STRANGE))]
    parents = [node for node in _nodes(tree) if node and isinstance(node, dict | list)]
    parent = rng.choice(parents)
    key = rng.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
    match rng.choice(("replace", "replace", "replace", "drop", "add", "twice")):
        case "replace":
            parent[key] = MARK
        case "drop":
            del parent[key]
        case "add" if isinstance(parent, dict):
            parent[rng.choice(("x", "", "__class__", "ü"))] = MARK
        case "twice" if isinstance(parent, dict):
            text = f"{json.dumps(parent[key])}, {json.dumps(key)}: {text}"
            parent[key] = MARK
        case _:
            parent.append(MARK) if isinstance(parent, list) else parent.clear()
    return json.dumps(tree).replace(json.dumps(MARK), text).encode()


def of_numbers(content, rng):
    """Return a JSON text in which one to three whole numbers are others: overlapping, reversed, beyond the end."""
    tree = json.loads(content)
    lists = [node for node in _nodes(tree) if isinstance(node, list) and any(type(n) is int for n in node)]
    everywhere = [n for numbers in lists for n in numbers]
    before = json.dumps(tree)
    while json.dumps(tree) == before:
        for _ in range(rng.randint(1, 3)):
            numbers = rng.choice(lists)
            match rng.choice(("other", "other", "copy", "order", "longer", "shorter")):
                case "order":
                    rng.shuffle(numbers)
                case "longer":
                    numbers.append(rng.choice(everywhere))
                case "shorter" if numbers:
                    numbers.pop()
                case how if numbers:
                    i = rng.randrange(len(numbers))
                    numbers[i] = rng.choice(everywhere) if how == "copy" else _other(numbers[i], rng)
    return json.dumps(tree).encode()


def _nodes(tree):
    yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(child)
