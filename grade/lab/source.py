"""Functions in C files, found by name: their bodies emptied, copied, deleted.

Only so much of C is understood as that needs: comments, strings, preprocessor lines and braces. A function is what stands
at the top of a file, has a name before a "(" and a body in braces. grade/suite/test_lab_tool.py reads every C file of
the tree with it.
"""

import re
from dataclasses import dataclass

ASSIGNMENT = "/* Yours to write: the comment above says what it must do. */"
# Words with a "(" after them that are no function's name.
ATTRIBUTES = r"__attribute__|__aligned|__section|alignas|MUST_HOLD\w*|MUST_NOT_HOLD\w*|ACQUIRES\w*|RELEASES\w*|\w+_HOLD|typeof"


class SourceError(Exception):
    """The file has not what was asked for."""


@dataclass
class Function:
    name: str
    static: bool
    above: int                          # where its comment begins, or its head if it has none
    start: int                          # where its head begins
    open: int                           # the "{"
    close: int                          # the "}" that belongs to it


def blank(text):
    """The text, as long, with blanks for all that is no code: comments, strings, characters, preprocessor lines."""
    out, i, fresh = [], 0, True         # fresh: nothing but blanks so far on this line
    token = re.compile(r'/\*.*?\*/|//(?:\\\n|[^\n])*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    while i < len(text):
        c = text[i]
        if fresh and c == "#":
            end = directive_end(text, i, token)
        elif c in "/\"'" and (m := token.match(text, i)):
            end = m.end()
        else:
            out.append(c)
            fresh = c == "\n" or fresh and c.isspace()
            i += 1
            continue
        out.append(re.sub(r"[^\n]", " ", text[i:end]))
        fresh = fresh and text[i] == "/"
        i = end
    return "".join(out)


def directive_end(text, i, token):
    """Where the preprocessor line at i ends: a backslash goes on, and so does a comment."""
    while i < len(text) and text[i] != "\n":
        if text.startswith("\\\n", i):
            i += 2
        elif text[i] == "/" and (m := token.match(text, i)):
            i = m.end()
        else:
            i += 1
    return i


def functions(text):
    """Every function of a C file, in order."""
    code = blank(text)
    found, depth, begin = [], 0, 0      # begin: where what is at the top began
    for m in re.finditer(r"[{};]", code):
        at, c = m.start(), m[0]
        if c == "{":
            if depth == 0:
                opened = at
            depth += 1
        elif c == "}":
            depth -= 1
            if depth < 0:
                raise SourceError(f"line {text.count(chr(10), 0, at) + 1}: a }} too many")
            if depth == 0 and (f := function(text, code, begin, opened, at)):
                found.append(f)
                begin = at + 1
        elif depth == 0:
            begin = at + 1
    if depth:
        raise SourceError(f"{depth} braces are not closed")
    return found


def function(text, code, begin, opened, close):
    """The Function whose head is code[begin:opened], None if that is a type or a table."""
    head = code[begin:opened]
    name = re.search(r"^(?!(?:%s)\b)([A-Za-z_]\w*)\(" % ATTRIBUTES, head, re.M) or \
        re.search(r"\b(?!(?:%s)\b)([A-Za-z_]\w*)\s*\(" % ATTRIBUTES, head)
    flat = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", head)))
    if not name or "=" in flat or re.match(r"\s*(?:typedef\b|(?:static |const )*(?:struct|union|enum)\s*\w*\s*$)", flat):
        return None
    start = begin + len(head) - len(head.lstrip())
    return Function(name[1], bool(re.search(r"\bstatic\b", head)), comment_above(text, begin, start), start, opened, close)


def comment_above(text, begin, start):
    """Where the comment that ends on the line before start begins; start if there is none."""
    before = text[begin:start]
    m = re.search(r"(?:^|(?<=\n))[ \t]*(/\*(?:(?!\*/).)*\*/|(?://[^\n]*\n)+)[ \t]*\n?$", before, re.S)
    return begin + m.start(1) if m else start


def find(text, name, where="the file"):
    for f in functions(text):
        if f.name == name:
            return f
    raise SourceError(f"{where} has no function {name}")


def body(text, name, where="the file"):
    """What stands between a function's braces."""
    f = find(text, name, where)
    return text[f.open + 1:f.close]


def replace(text, name, new, where="the file"):
    """The text with another body."""
    f = find(text, name, where)
    return text[:f.open + 1] + new + text[f.close:]


def delete(text, name, where="the file"):
    """The text without a function, its comment, and what declared it."""
    f = find(text, name, where)
    text = text[:f.above].rstrip("\n") + "\n\n" + text[f.close + 1:].lstrip("\n")
    for m in reversed(list(re.finditer(r"(?:^|(?<=[;}]))[^;{}]*\b%s\([^;{}]*;" % re.escape(name), blank(text)))):
        inside = blank(text)[:m.start()]
        if inside.count("{") == inside.count("}"):
            start = m.start() + len(m[0]) - len(m[0].lstrip())
            text = text[:comment_above(text, m.start(), start)].rstrip("\n") + "\n\n" + text[m.end():].lstrip("\n")
    return text


def empty(text, empties, where="the file"):
    """The text as a handout has it: the bodies of Empty functions replaced, the helpers among them deleted.

    What nobody else uses, a static helper or table that only the solution called, is named in the emptied body: the
    compiler does not warn, and the student sees what serves.
    """
    used = {e.function: names(body(text, e.function, where)) for e in empties}
    kept = [e.function for e in empties if not e.delete]
    for e in (e for e in empties if e.delete and kept):
        used[kept[-1]] |= used[e.function]
    for e in empties:
        if e.delete:
            text = delete(text, e.function, where)
    for e in empties:
        if not e.delete:
            text = replace(text, e.function, f"\n\t{ASSIGNMENT}\n{indented(e.body)}", where)
    for e in empties:
        if not e.delete:
            idle = [n for n in sorted(used[e.function]) if unused(text, n)]
            if idle:
                lines = "".join(f"\t(void){n};\n" for n in idle)
                text = replace(text, e.function, f"\n\t{ASSIGNMENT}\n{lines}{indented(e.body)}", where)
    return re.sub(r"\n{3,}", "\n\n", text)


def indented(code):
    return "".join(f"\t{row}\n" if row else "\n" for row in code.strip().split("\n")) if code.strip() else ""


def names(code):
    return set(re.findall(r"[A-Za-z_]\w*", blank(code)))


def unused(text, name):
    """Whether name is static, at the top of the file, and nothing in it uses it."""
    code = blank(text)
    top = flat(text)
    if not re.search(r"^static\b[^;{}]*\b%s\b" % name, top, re.M) or re.search(r"^static\b[^;{}]*\binline\b[^;{}(]*\b%s\b" % name,
                                                                             top, re.M):
        return False
    declared = len(re.findall(r"^static\b[^;{}=]*\b%s\b\s*[\[(=;]" % name, top, re.M))
    return len(re.findall(r"\b%s\b" % name, code)) <= declared


def flat(text):
    """Only what is at the top: with blanks for all that is inside braces."""
    out, depth = [], 0
    for c in blank(text):
        depth -= c == "}"
        out.append(c if depth == 0 or c == "\n" else " ")
        depth += c == "{"
    return "".join(out)


def fill(text, reference, empties, where="the file"):
    """An emptied text with the reference's bodies, and its helpers, put in again."""
    for e in empties:
        if not e.delete:
            text = replace(text, e.function, body(reference, e.function, where), where)
    for e in empties:
        if e.delete:
            ours, order = functions(text), functions(reference)
            at = [f.name for f in order].index(e.function)
            have = {f.name: f for f in ours}
            f = order[at]
            after = next((have[o.name].above for o in order[at + 1:] if o.name in have), len(text))
            text = text[:after] + reference[f.above:f.close + 1] + "\n\n" + text[after:]
    return text
