using System.Text;
using System.Text.RegularExpressions;

namespace NixRemote.Transport;

/// <summary>
/// Takes the bytes of a standard error stream as they come, hands out whole lines, and keeps the last ones.
/// Memory is bounded by <see cref="MaxLineBytes"/> and <see cref="TailLines"/>. Safe for one writer and any readers.
/// </summary>
public sealed partial class StandardErrorLog
{
    /// <summary>Longer lines are cut into pieces of this size.</summary>
    public const int MaxLineBytes = 64 * 1024;

    /// <summary>How many of the last lines are kept.</summary>
    public const int TailLines = 50;

    private readonly object _lock = new();
    private readonly Queue<string> _tail = new();
    private readonly MemoryStream _partial = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Raised for each whole line, without its line end and with control sequences kept, on the draining
    /// thread. Handlers must not block.</summary>
    public event Action<string>? LineReceived;

    /// <summary>Decides about each line before anybody else sees it: false keeps it out. On the draining thread; must not block.</summary>
    internal Func<string, bool>? Filter { get; init; }

    /// <summary>Completes when the stream has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Takes bytes from the stream.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var lineEnd = bytes.IndexOf((byte)'\n');
            var piece = lineEnd < 0 ? bytes : bytes[..lineEnd];
            var room = MaxLineBytes - (int)_partial.Length;
            if (piece.Length > room)
            {
                _partial.Write(piece[..room]);
                bytes = bytes[room..];
                EmitPartial();
                continue;
            }

            _partial.Write(piece);
            if (lineEnd < 0)
            {
                return;
            }

            bytes = bytes[(lineEnd + 1)..];
            EmitPartial();
        }
    }

    /// <summary>Marks the end of the stream; an unfinished last line is handed out.</summary>
    public void Complete()
    {
        if (_partial.Length > 0)
        {
            EmitPartial();
        }

        _ended.TrySetResult();
    }

    /// <summary>The last lines, without control sequences, joined by newlines; null if there were none.</summary>
    public string? Tail(int lines = TailLines)
    {
        lock (_lock)
        {
            return _tail.Count == 0 ? null : string.Join('\n', _tail.TakeLast(lines));
        }
    }

    /// <summary>Removes terminal control sequences (wire.md §2) from a text.</summary>
    public static string StripControlSequences(string text) =>
        text.Contains('\e') ? ControlSequence().Replace(text, "") : text;

    [GeneratedRegex("\e(\\[[0-?]*[ -/]*[@-~]|\\][^\a\e]*(\a|\e\\\\)|[@-_])")]
    private static partial Regex ControlSequence();

    private void EmitPartial()
    {
        var line = Encoding.UTF8.GetString(_partial.GetBuffer(), 0, (int)_partial.Length).TrimEnd('\r');
        _partial.SetLength(0);
        if (Filter?.Invoke(line) == false)
        {
            return;
        }

        lock (_lock)
        {
            _tail.Enqueue(StripControlSequences(line));
            if (_tail.Count > TailLines)
            {
                _tail.Dequeue();
            }
        }

        LineReceived?.Invoke(line);
    }
}
