using System.Management.Automation;
using System.Text;

namespace NixRemote.Host;

/// <summary>Progress records as one line at the bottom that is drawn again and again.</summary>
internal sealed partial class ConsoleUserInterface
{
    // Made when the first record comes: most runs have none.
    private SortedDictionary<(long Source, int Activity), ProgressRecord>? _progress;
    private bool _drawn;

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!Terminal.ShowsProgress)
        {
            return;
        }

        lock (_lock)
        {
            Erase();
            _progress ??= [];
            if (record.RecordType == ProgressRecordType.Completed)
            {
                _progress.Remove((sourceId, record.ActivityId));
            }
            else
            {
                _progress[(sourceId, record.ActivityId)] = record;
            }

            Draw();
        }
    }

    /// <summary>Takes the line away until the next record or output.</summary>
    public void ClearProgress()
    {
        lock (_lock)
        {
            Erase();
        }
    }

    /// <summary>Draws the line again, if there is progress to show.</summary>
    public void ShowProgress()
    {
        lock (_lock)
        {
            Draw();
        }
    }

    private void Erase()
    {
        if (_drawn)
        {
            Console.Error.Write("\r\e[K");
            _drawn = false;
        }
    }

    private void Draw()
    {
        if (_progress is null or { Count: 0 } || _drawn)
        {
            return;
        }

        var line = new StringBuilder();
        foreach (var record in _progress.Values)
        {
            line.Append(line.Length == 0 ? "" : " | ").Append(record.Activity).Append(": ").Append(record.StatusDescription);
            if (record.PercentComplete >= 0)
            {
                line.Append(' ').Append(record.PercentComplete).Append('%');
            }
        }

        // One column stays free: a full line would wrap.
        var width = Math.Max(1, _raw.BufferSize.Width - 1);
        var text = Terminal.WithoutControls(line.ToString());
        Console.Error.Write(text.Length <= width ? text : text[..width]);
        _drawn = true;
    }
}
