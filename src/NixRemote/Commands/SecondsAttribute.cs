using System.Globalization;
using System.Management.Automation;

namespace NixRemote.Commands;

/// <summary>Lets a TimeSpan parameter take a number of seconds (PowerShell alone would read 5 as five ticks), and refuses
/// times that no timer can wait for.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecondsAttribute : ArgumentTransformationAttribute
{
    /// <summary>The longest time: what a timer can wait for, 24 days.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromDays(24);

    /// <summary>Whether 0 is refused too; else it stands for no limit.</summary>
    public bool MustBePositive { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal =>
                FromSeconds(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) => FromSeconds(seconds),
            TimeSpan time => FromSeconds(time.TotalSeconds),
            _ => inputData,
        };
    }

    private TimeSpan FromSeconds(double seconds) =>
        seconds >= 0 && seconds <= _longest.TotalSeconds && !(MustBePositive && seconds == 0)
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentTransformationMetadataException(
                $"{seconds.ToString(CultureInfo.InvariantCulture)} s is not a time {(MustBePositive ? "over" : "from")} 0 {(MustBePositive ? "" : "(no limit) ")}and up to {_longest.TotalDays} days; give seconds or a TimeSpan.");
}
