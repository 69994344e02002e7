"""A line through measured points as a picture (SVG): what a lab shows when numbers say it better than a table.

    svg = line("instructions by size", [(1, 2900), (4096, 5800)], "bytes", "instructions", limit=[(1, 6000), (4096, 9000)])
"""

from html import escape

WIDTH, HEIGHT, MARGIN = 640, 360, 60


def line(title, points, across, up, limit=()):
    """The points joined; a dashed line for what is allowed."""
    right = max(x for x, _ in points) or 1
    top = max(y for _, y in [*points, *limit]) * 1.05 or 1

    def at(x, y):
        return f"{MARGIN + x / right * (WIDTH - 2 * MARGIN):.1f},{HEIGHT - MARGIN - y / top * (HEIGHT - 2 * MARGIN):.1f}"

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>', f'<text x="{MARGIN}" y="24" font-size="15">{escape(title)}</text>',
             f'<polyline points="{at(0, top)} {at(0, 0)} {at(right, 0)}" fill="none" stroke="#444"/>']
    for n in range(5):
        x, y = at(right * n / 4, 0).split(",")
        parts.append(f'<text x="{x}" y="{float(y) + 18}" text-anchor="middle">{right * n / 4:g}</text>')
        x, y = at(0, top * n / 4).split(",")
        parts.append(f'<text x="{float(x) - 6}" y="{y}" text-anchor="end">{top * n / 4:.0f}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 16}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text x="16" y="{HEIGHT / 2}" transform="rotate(-90 16 {HEIGHT / 2})" text-anchor="middle">{escape(up)}</text>')
    if limit:
        parts.append(f'<polyline points="{" ".join(at(*p) for p in limit)}" fill="none" stroke="#d7263d" stroke-dasharray="6 4"/>')
    parts.append(f'<polyline points="{" ".join(at(*p) for p in points)}" fill="none" stroke="#5b8def" stroke-width="2"/>')
    parts += [f'<circle cx="{at(*p).split(",")[0]}" cy="{at(*p).split(",")[1]}" r="3.5" fill="#5b8def"/>' for p in points]
    return "\n".join([*parts, "</svg>\n"])
