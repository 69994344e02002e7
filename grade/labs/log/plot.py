"""A picture of a log: which transactions there were, how long, and when each was durable."""


def timeline(log, history, width=900, row=14):
    """SVG: a bar for each transaction, its blocks and revokes, in the order of the ring."""
    shown = history.transactions[:60]
    most = max((len(t.blocks) + len(t.revokes) for t in shown), default=1) or 1
    scale = (width - 220) / most
    height = 50 + row * len(shown)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="monospace" font-size="11">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="10" y="18">the log of {log.length} blocks: {history.commits} commits, {history.flushes} flushes; '
           'blue logged, red revoked, x sent too early</text>']
    early = dict(history.early)
    for n, t in enumerate(shown):
        y = 34 + row * n
        blocks, revokes = len(t.blocks) * scale, len(t.revokes) * scale
        out.append(f'<text x="10" y="{y + 10}">{t.tid}{" x" if t.tid in early else ""}</text>')
        out.append(f'<rect x="80" y="{y}" width="{blocks:.1f}" height="{row - 3}" fill="#4878b0"/>')
        out.append(f'<rect x="{80 + blocks:.1f}" y="{y}" width="{revokes:.1f}" height="{row - 3}" fill="#c05050"/>')
        out.append(f'<text x="{86 + blocks + revokes:.1f}" y="{y + 10}">{len(t.blocks)}</text>')
    return "\n".join([*out, "</svg>", ""])
