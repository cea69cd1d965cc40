using System.Diagnostics;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Host;

/// <summary>The host as a process: what it prints where, and how it ends.</summary>
public sealed class HostProcessTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nixremote-host").FullName;

    [Theory]
    [InlineData("'done'", 0)]
    [InlineData("exit 7; 'not reached'", 7)]
    [InlineData("& { exit 3 }", 3)]
    [InlineData("throw 'no'", 1)]
    [InlineData("if (", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Nothing", 1)]
    [InlineData("Get-Nothing; 'goes on'", 0)]
    public async Task A_script_ends_with_its_own_exit_code(string script, int exitCode) =>
        Assert.Equal(exitCode, (await RunScriptAsync(script)).ExitCode);

    [Theory]
    [InlineData("1", 0)]
    [InlineData("exit 5", 5)]
    [InlineData("Get-Nothing", 1)]
    [InlineData("Get-Nothing; 'goes on'", 0)]
    public async Task A_command_text_ends_as_its_last_statement(string text, int exitCode) =>
        Assert.Equal(exitCode, (await RunAsync("-Command", text)).ExitCode);

    [Fact]
    public async Task A_script_gets_its_arguments_and_knows_its_place()
    {
        var output = await RunScriptAsync(
            """
            param([string] $Case, [switch] $Quick, [int] $Count, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Case|$Quick|$Count|$($Rest -join ',')|$PSScriptRoot"
            """,
            "-Case", "wide 100", "-Quick", "one", "-Count:5", "it's $x");
        Assert.Equal($"wide 100|True|5|one,it's $x|{_directory}", output.Succeeded());
    }

    [Fact]
    public async Task A_script_without_parameters_has_them_in_args() =>
        Assert.Equal("a -b c", (await RunScriptAsync("\"$args\"", "a", "-b", "c")).Succeeded());

    [Fact]
    public async Task Objects_come_out_as_tables_without_colours_in_a_pipe()
    {
        var output = (await RunScriptAsync("[pscustomobject]@{ Name = 'b28'; Jobs = 2 }; exit 0")).Succeeded();
        Assert.Equal(["", "Name Jobs", "---- ----", "b28     2"], output.Split(Environment.NewLine).Select(l => l.TrimEnd()).Take(4));
    }

    [Theory]
    [InlineData("$PSCmdlet.WriteWarning('careful')", "", "WARNING: careful")]
    [InlineData("$VerbosePreference = 'Continue'; $PSCmdlet.WriteVerbose('why')", "", "VERBOSE: why")]
    [InlineData("$PSCmdlet.WriteVerbose('why')", "", "")]
    [InlineData("$DebugPreference = 'Continue'; $PSCmdlet.WriteDebug('bytes')", "", "DEBUG: bytes")]
    [InlineData("$PSCmdlet.WriteInformation('log', [string[]] 'NixBuildLog')", "", "")]
    [InlineData("$InformationPreference = 'Continue'; $PSCmdlet.WriteInformation('log', [string[]] 'NixBuildLog')", "log", "")]
    [InlineData("& { [CmdletBinding()] param() $PSCmdlet.WriteInformation('log', [string[]] 'x') } 6>&1", "log", "")]
    [InlineData("$PSCmdlet.WriteProgress([Management.Automation.ProgressRecord]::new(1, 'Building', '1/2'))", "", "")]
    public async Task Records_go_to_their_stream(string statement, string standardOutput, string standardError)
    {
        var output = await RunScriptAsync("[CmdletBinding()] param()\n" + statement);
        Assert.Equal((standardOutput, standardError), (output.StandardOutput.Trim(), output.StandardError.Trim()));
    }

    [Fact]
    public async Task An_error_says_who_where_what_and_what_to_do()
    {
        var output = await RunScriptAsync(
            """
            $ErrorActionPreference = 'Stop'
            function Test-It {
                [CmdletBinding()] param()
                $record = [Management.Automation.ErrorRecord]::new([Exception]::new('It failed.'), 'Id', 'InvalidData', $null)
                $record.ErrorDetails = [Management.Automation.ErrorDetails]::new('It failed at the gate.')
                $record.ErrorDetails.RecommendedAction = 'Open the gate.'
                $PSCmdlet.ThrowTerminatingError($record)
            }
            Test-It
            """);
        Assert.Equal(1, output.ExitCode);
        Assert.Equal("", output.StandardOutput);
        Assert.Contains("Test-It", output.StandardError, StringComparison.Ordinal);
        Assert.Contains("script.ps1:9", output.StandardError, StringComparison.Ordinal);
        Assert.Contains("It failed at the gate.", output.StandardError, StringComparison.Ordinal);
        Assert.Contains("Open the gate.", output.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_is_not_there_is_a_usage_error()
    {
        var output = await RunAsync(Path.Combine(_directory, "none.ps1"));
        Assert.Equal(64, output.ExitCode);
        Assert.Contains("none.ps1", output.StandardError, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task An_interrupt_stops_the_pipeline_and_runs_its_finally_blocks()
    {
        using var process = Start(WriteScript("try { [Console]::Out.WriteLine('ready'); while ($true) { } } finally { [Console]::Out.WriteLine('cleaned') }"));
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        var watch = Stopwatch.StartNew();
        Assert.Equal("cleaned", await process.StandardOutput.ReadLineAsync());
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "NixRemote.Host.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static async Task<ProcessOutput> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new ProcessOutput(process.ExitCode, await output, await error);
    }

    private Task<ProcessOutput> RunScriptAsync(string script, params string[] arguments) =>
        RunAsync([WriteScript(script), .. arguments]);

    private string WriteScript(string script)
    {
        var file = Path.Combine(_directory, "script.ps1");
        File.WriteAllText(file, script);
        return file;
    }
}
