using System.Management.Automation;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>Shows a copy as a progress record, with its rate.</summary>
internal sealed class CopyProgressRecords(PipelineRecords records) : IProgress<CopyProgress>
{
    private const int Id = 1;

    private readonly long _begun = Environment.TickCount64;

    /// <inheritdoc/>
    public void Report(CopyProgress value)
    {
        var seconds = Math.Max(0.001, (Environment.TickCount64 - _begun) / 1000.0);
        var rate = value.BytesDone / seconds;
        records.Progress(new ProgressRecord(Id, "Copying closure",
            $"{value.PathsDone} of {CountText.Of(value.PathsTotal, "path")}, {ByteText.Of(value.BytesDone)} of {ByteText.Of(value.BytesTotal)}, {ByteText.Of(rate)}/s")
        {
            CurrentOperation = value.Path.Name,
            PercentComplete = value.BytesTotal == 0 ? 0 : (int)(100 * value.BytesDone / value.BytesTotal),
            SecondsRemaining = rate <= 0 ? -1 : (int)Math.Min(int.MaxValue, (value.BytesTotal - value.BytesDone) / rate),
        });
    }

    /// <summary>Ends the record.</summary>
    public void Complete() => records.Progress(new ProgressRecord(Id, "Copying closure", "done") { RecordType = ProgressRecordType.Completed });
}
