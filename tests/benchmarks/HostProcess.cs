using System.Diagnostics;
using System.Globalization;
using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>Runs PowerShell statements with the module as a user would: in the published host, a process a run.</summary>
internal sealed class HostProcess
{
    /// <summary>What the script writes after each run of the statement: its seconds, the peak memory of the process so far, and
    /// its memory before the first.</summary>
    private const string _mark = "measured";

    private readonly string _root;

    private HostProcess(string root) => _root = root;

    /// <summary>The one of this checkout, as <c>build.ps1 bench</c> publishes it.</summary>
    public static HostProcess Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NixRemote.psd1")))
            {
                return new HostProcess(folder.FullName);
            }
        }

        throw new InvalidOperationException("This program lies in no checkout of NixRemote.");
    }

    /// <summary>Imports the module and runs a statement once for each input, one after another; <c>$paths</c> holds its paths.</summary>
    public async Task<Measurement> RunAsync(NixTestBed bed, string statement, params IReadOnlyList<string>[] inputs)
    {
        var directory = Directory.CreateTempSubdirectory("nixremote-bench").FullName;
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                await File.WriteAllLinesAsync(Path.Combine(directory, $"paths{i}"), inputs[i]);
            }

            var script = Path.Combine(directory, "run.ps1");
            await File.WriteAllTextAsync(script,
                $$"""
                $ErrorActionPreference = 'Stop'
                Import-Module '{{_root}}/NixRemote.psd1'
                $before = [Diagnostics.Process]::GetCurrentProcess().WorkingSet64
                foreach ($i in 0..{{inputs.Length - 1}}) {
                    $paths = [IO.File]::ReadAllLines("{{directory}}/paths$i")
                    $watch = [Diagnostics.Stopwatch]::StartNew()
                    $null = {{statement}}
                    $seconds = $watch.Elapsed.TotalSeconds
                    [FormattableString]::Invariant([Runtime.CompilerServices.FormattableStringFactory]::Create('{{_mark}} {0} {1} {2}', $seconds,
                        [Diagnostics.Process]::GetCurrentProcess().PeakWorkingSet64, $before))
                }
                """);
            var start = new ProcessStartInfo(Path.Combine(_root, "out", "host", "NixRemote.Host"), [script])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var (name, value) in bed.Environment)
            {
                start.Environment[name] = value;
            }

            start.Environment["PATH"] = bed.ProgramDirectory + Path.PathSeparator + start.Environment["PATH"];
            var watch = Stopwatch.StartNew();
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            var elapsed = watch.Elapsed;
            var text = new ProcessOutput(process.ExitCode, await output, await error).Succeeded();
            var last = text.Split('\n').Last(l => l.StartsWith(_mark, StringComparison.Ordinal)).Split(' ');
            return new Measurement(
                elapsed.TotalSeconds,
                double.Parse(last[1], CultureInfo.InvariantCulture),
                long.Parse(last[2], CultureInfo.InvariantCulture),
                long.Parse(last[2], CultureInfo.InvariantCulture) - long.Parse(last[3], CultureInfo.InvariantCulture));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
