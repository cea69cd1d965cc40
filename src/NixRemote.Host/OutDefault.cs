using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace NixRemote.Host;

/// <summary>
/// The engine's Out-Default, which also shows what it still holds when <c>exit</c> ends the pipeline: it keeps the first
/// rows of a table back to measure the columns.
/// </summary>
[Cmdlet("Out", "Default")]
internal sealed class OutDefault : OutDefaultCommand
{
    private bool _ended;

    protected override void EndProcessing()
    {
        _ended = true;
        base.EndProcessing();
    }

    protected override void InternalDispose()
    {
        if (!_ended)
        {
            EndProcessing();
        }

        base.InternalDispose();
    }
}
