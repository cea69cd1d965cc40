namespace NixRemote.Builds;

/// <summary>The log of one build, bounded: beyond <see cref="MaxCharacters"/> the oldest lines go.</summary>
internal sealed class BuildLog
{
    /// <summary>Characters that are kept.</summary>
    public const int MaxCharacters = 4 * 1024 * 1024;

    private readonly object _lock = new();
    private readonly Queue<string> _lines = new();
    private long _characters;

    /// <summary>Adds a line.</summary>
    public void Add(string line)
    {
        lock (_lock)
        {
            _lines.Enqueue(line);
            _characters += line.Length + 1;
            while (_characters > MaxCharacters && _lines.TryDequeue(out var oldest))
            {
                _characters -= oldest.Length + 1;
            }
        }
    }

    /// <summary>The last lines.</summary>
    public IReadOnlyList<string> Tail(int lines)
    {
        lock (_lock)
        {
            return [.. _lines.TakeLast(lines)];
        }
    }

    /// <summary>All that is kept, each line with its end.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            return _lines.Count == 0 ? "" : string.Join('\n', _lines) + "\n";
        }
    }
}
