#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests, shows, measures and packs NixRemote.
.DESCRIPTION
    build   the module into bin/, ready for Import-Module ./NixRemote.psd1
    test    all tests; brings the test bed up and takes it down again
    demo    a real remote build on the test bed, or on builders of your own (-Builders)
    bench   stock Nix and NixRemote side by side on the test bed, into out/bench.json; with -Simulate the schedule of
            100,000 derivations on 1,000 builders in simulated time, which needs no test bed
    pack    a folder for the PowerShell Gallery, out/NixRemote/VERSION
    clean   deletes what the others made

    Runs under pwsh 7.4 or later, and where there is none as
    dotnet run --project src/NixRemote.Host -- build.ps1 TASK
    For that host it does without the cmdlets that only pwsh brings.
.EXAMPLE
    ./build.ps1 test -Filter 'FullyQualifiedName~StoreObjects'
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'demo', 'bench', 'pack', 'clean')]
    [string] $Task = 'build',

    # test: which tests, as dotnet test's --filter
    [string] $Filter,

    # test: cuts a builder's power in 50 runs (NIXREMOTE_SOAK_RUNS) instead of 3, with a line for each in out/test-results/soak.txt,
    # and fails if one of them takes longer than 1.5 times the undisturbed run with a builder fewer; with -Filter PowerCut these alone
    [switch] $Soak,

    # bench: the one case to run
    [string] $Case,

    # bench: the simulation instead
    [switch] $Simulate,

    # demo: a machines file of your own, instead of the test bed
    [string] $Builders
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'

$root = $PSScriptRoot
$out = "$root/out"
$testBed = "$root/tests/testbed/testbed.sh"

function Say([string] $text) { [Console]::Out.WriteLine($text) }

# Puts a file in place as a new one, for the old one may be loaded by a process: overwritten in place it would pull the
# code from under it, and Windows refuses that. An unchanged file stays.
function Install-File([string] $source, [string] $target) {
    if ([IO.File]::Exists($target)) {
        $same = [IO.FileInfo]::new($source).Length -eq [IO.FileInfo]::new($target).Length -and
            [Linq.Enumerable]::SequenceEqual([IO.File]::ReadAllBytes($source), [IO.File]::ReadAllBytes($target))
        if ($same) { return }
    }
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
    [IO.File]::Copy($source, "$target.new", $true)
    if ($IsWindows -and [IO.File]::Exists($target)) {
        [IO.File]::Move($target, "$target.$([Guid]::NewGuid().ToString('N')).old")
    }
    [IO.File]::Move("$target.new", $target, $true)
}

# Makes a folder hold the files of another one that are given, and no others.
function Sync-Folder([string] $source, [string[]] $names, [string] $target) {
    foreach ($name in $names) { Install-File "$source/$name" "$target/$name" }
    if (-not [IO.Directory]::Exists($target)) { return }
    foreach ($file in [IO.Directory]::GetFiles($target, '*', 'AllDirectories')) {
        $name = [IO.Path]::GetRelativePath($target, $file).Replace('\', '/')
        if ($name -in $names) { continue }
        try { [IO.File]::Delete($file) }
        catch [UnauthorizedAccessException] { Say "kept for now, since a process has it loaded: $file" }
    }
}

# The names of a folder's files with one of the given extensions, relative to it.
function Get-FileName([string] $folder, [string[]] $extension) {
    if (-not [IO.Directory]::Exists($folder)) { return }
    foreach ($file in [IO.Directory]::GetFiles($folder, '*', 'AllDirectories')) {
        if ([IO.Path]::GetExtension($file) -in $extension) { [IO.Path]::GetRelativePath($folder, $file).Replace('\', '/') }
    }
}

function Remove-Folder([string] $folder) {
    if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder, $true) }
}

# Builds a project, or another target of it; silent but for errors.
function Invoke-Project([string] $project, [Parameter(ValueFromRemainingArguments)] [string[]] $arguments) {
    dotnet msbuild "$root/$project" -restore -nologo -verbosity:quiet -p:Configuration=Release @arguments
}

function Build-Module {
    Invoke-Project 'src/NixRemote'
    $made = "$root/src/NixRemote/bin/Release/net8.0"
    Sync-Folder $made @(Get-FileName $made '.dll', '.pdb', '.ps1xml', '.so', '.dylib') "$root/bin"

    # Import-Module NixRemote by name needs a folder of that name (see ModuleFolders in the host). Its entries are links, not
    # itself: a link to this folder from within would be a circle for whoever searches it.
    if ([IO.Path]::GetFileName($root) -cne 'NixRemote') {
        $named = "$out/modules/NixRemote"
        if ([IO.DirectoryInfo]::new($named).LinkTarget) { [IO.Directory]::Delete($named) }
        $null = [IO.Directory]::CreateDirectory($named)
        try {
            if (-not [IO.File]::Exists("$named/NixRemote.psd1")) { $null = [IO.File]::CreateSymbolicLink("$named/NixRemote.psd1", "$root/NixRemote.psd1") }
            foreach ($folder in 'bin', 'en-US') {
                if (-not [IO.Directory]::Exists("$named/$folder")) { $null = [IO.Directory]::CreateSymbolicLink("$named/$folder", "$root/$folder") }
            }
        }
        catch [IO.IOException] { Say "Import-Module needs the path here, $root/NixRemote.psd1: no symbolic links ($($_.Exception.Message))" }
    }
}

# Publishes the host, and puts the module's assemblies in bin/ compiled for this machine: both start in half the time.
function Optimize-Module {
    Invoke-Project 'src/NixRemote.Host' '-t:Publish;CompileModule' "-p:PublishDir=$out/host/" "-p:CompiledModule=$out/compiled/" `
        "-p:RuntimeIdentifier=$([Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier)"
    foreach ($name in @(Get-FileName "$out/compiled" '.dll')) { Install-File "$out/compiled/$name" "$root/bin/$name" }
}

# --- the test bed ---------------------------------------------------------------

# Brings the test bed up if it is not, and says in $bed whether it is up, whether it is to be taken down again, and
# if it is not up, why. $bed is there before, for an interrupt may come while the test bed is half up.
function Start-TestBed($bed) {
    $PSNativeCommandUseErrorActionPreference = $false
    if (-not $IsLinux) { $bed.Reason = 'the test bed needs Linux'; return }
    bash $testBed running
    if ($LASTEXITCODE -eq 0) { $bed.Up = $true; return }
    Say 'bringing the test bed up'
    $bed.Own = $true
    bash $testBed up 2>&1 | ForEach-Object { $bed.Reason = "$_" -replace '^testbed: (error: )?', ''; Say "  $_" }
    $bed.Up = $LASTEXITCODE -eq 0
}

function Stop-TestBed($bed) {
    $PSNativeCommandUseErrorActionPreference = $bed.Up
    if ($bed.Own) { bash $testBed down }
}

# Makes this process work as if it were on the test bed's client.
function Enter-TestBed {
    $directory = $env:NIXREMOTE_TESTBED
    if (-not $directory) {
        $cache = $env:XDG_CACHE_HOME ? $env:XDG_CACHE_HOME : "$([Environment]::GetFolderPath('UserProfile'))/.cache"
        $directory = "$cache/nix-testbed"
    }
    $bed = [System.Text.Json.JsonDocument]::Parse([IO.File]::ReadAllText("$directory/testbed.json"))
    foreach ($variable in $bed.RootElement.GetProperty('environment').EnumerateObject()) {
        [Environment]::SetEnvironmentVariable($variable.Name, $variable.Value.GetString())
    }
    $env:PATH = "$directory/bin" + [IO.Path]::PathSeparator + $env:PATH
}

# --- tests ----------------------------------------------------------------------

# Shows what the runs with power cuts came to, of which those that are complete have a line each; returns whether they are as wanted.
function Show-Soak([string[]] $lines) {
    $wanted = 1.5
    $runs = $env:NIXREMOTE_SOAK_RUNS ? [int] $env:NIXREMOTE_SOAK_RUNS : 3
    $again = 0
    $ratios = [double[]] @(
        foreach ($line in $lines) {
            Say $line
            if ($line -match '(\d+) of its outputs lost and built again; [\d.]+ s, ([\d.]+) of the') {
                $again += [int] $Matches[1]
                [double]::Parse($Matches[2], [cultureinfo]::InvariantCulture)
            }
        }
    )
    [Array]::Sort($ratios)
    if ($ratios.Count -eq 0) { return $false }
    $median = $ratios[[int][Math]::Floor($ratios.Count / 2)]
    Say ([string]::Format([cultureinfo]::InvariantCulture,
        'power cuts: {0} of {1} runs complete; wall time in parts of the undisturbed run with a builder fewer: median {2:0.00}, worst {3:0.00} (wanted: {4} at most); built twice: {5} that were lost, no other',
        $ratios.Count, $runs, $median, $ratios[-1], $wanted, $again))
    $ratios.Count -eq $runs -and $ratios[-1] -le $wanted
}

# Runs the xunit tests; returns their counts.
function Test-Assemblies {
    $results = "$out/test-results"
    Remove-Folder $results
    $null = [IO.Directory]::CreateDirectory($results)
    $arguments = @('--filter', $Filter) * [bool] $Filter
    if ($Soak -and -not $env:NIXREMOTE_SOAK_RUNS) { $env:NIXREMOTE_SOAK_RUNS = 50 }
    $env:NIXREMOTE_SOAK_REPORT = "$results/soak.txt"
    $PSNativeCommandUseErrorActionPreference = $false
    $log = [IO.StreamWriter]::new("$results/xunit.log")
    try {
        dotnet test "$root/tests/NixRemote.Tests" -c Release --no-build --results-directory $results --logger 'trx;LogFileName=xunit.trx' `
            --blame-hang-timeout 5m --blame-hang-dump-type none @arguments 2>&1 | ForEach-Object {
            $log.WriteLine("$_")
            if ("$_" -match '\[FAIL\]') { Say ("$_" -replace '^.*\]\s+', '') }
        }
    }
    finally { $log.Dispose() }
    $ended = $LASTEXITCODE
    $count = @{ Passed = 0; Failed = 0; Skipped = 0 }
    if ([IO.File]::Exists($env:NIXREMOTE_SOAK_REPORT) -and -not (Show-Soak @([IO.File]::ReadAllLines($env:NIXREMOTE_SOAK_REPORT))) -and $Soak) { $count.Failed++ }
    $skipped = @{}
    if ([IO.File]::Exists("$results/xunit.trx")) {
        foreach ($result in ([xml] [IO.File]::ReadAllText("$results/xunit.trx")).TestRun.Results.UnitTestResult) {
            switch ($result.outcome) {
                'Passed' { $count.Passed++ }
                'Failed' {
                    $count.Failed++
                    Say "FAILED $($result.testName)"
                    foreach ($line in @("$($result.Output.ErrorInfo.Message)" -split '\r?\n')[0..9]) { if ($line) { Say "    $line" } }
                    $place = "$($result.Output.ErrorInfo.StackTrace)" -split '\r?\n' -match ' in .*:line ' -replace '^\s*at .* in (.*):line ', '$1:'
                    if ($place) { Say "    $($place[0])" }
                }
                default {
                    $count.Skipped++
                    $reason = "$($result.Output.StdOut)$($result.Output.ErrorInfo.Message)"
                    $skipped[$reason] = @($skipped[$reason]) + $result.testName -ne $null
                }
            }
        }
    }
    foreach ($reason in $skipped.Keys) { Say "SKIPPED $($skipped[$reason].Count): $reason"; foreach ($test in $skipped[$reason]) { Say "    $test" } }
    if ($ended -ne 0 -and $count.Failed -eq 0) {
        $count.Failed = 1
        Say "FAILED dotnet test ended with $ended; the end of its log, $results/xunit.log:"
        foreach ($line in @([IO.File]::ReadAllLines("$results/xunit.log"))[-20..-1]) { Say "    $line" }
    }
    $count
}

# Runs the Pester suites; returns their counts.
function Test-Suites {
    $count = @{ Passed = 0; Failed = 0; Skipped = 0 }
    $suites = @([IO.Directory]::GetFiles("$root/tests", '*.Tests.ps1', 'AllDirectories'))
    if ($Filter -or -not $suites) { return $count }
    $names = ($suites.ForEach{ [IO.Path]::GetFileNameWithoutExtension($_) -replace '\.Tests$', '' }) -join ', '
    if (-not (Get-Command pwsh -CommandType Application -ErrorAction Ignore)) {
        Say "NOT RUN: $($suites.Count) Pester suites ($names), for there is no pwsh here"
        return $count
    }
    $PSNativeCommandUseErrorActionPreference = $false
    $results = "$out/test-results/pester.txt"
    [IO.File]::Delete($results)
    pwsh -NoProfile -NonInteractive -File "$root/tests/pester.ps1" -ResultPath $results | ForEach-Object { Say $_ }
    if (-not [IO.File]::Exists($results)) { $count.Failed = 1; Say "FAILED the Pester suites ended with $LASTEXITCODE before they had run"; return $count }
    $count.Passed, $count.Failed, $count.Skipped = [int[]] ([IO.File]::ReadAllText($results) -split ' ')
    if ($count.Passed + $count.Failed + $count.Skipped -eq 0) { Say "NOT RUN: $($suites.Count) Pester suites ($names), for pwsh has no Pester 5 here" }
    $count
}

# --- tasks ----------------------------------------------------------------------

$code = 0
switch ($Task) {
    'build' { Build-Module }
    'test' {
        Build-Module
        Invoke-Project 'tests/NixRemote.Tests'
        $bed = @{ Up = $false; Own = $false; Reason = '' }
        try {
            Start-TestBed $bed
            if (-not $bed.Up) { Say "no test bed: $($bed.Reason)" }
            $assemblies = Test-Assemblies
            $suites = Test-Suites
        }
        finally { Stop-TestBed $bed }
        $failed = $assemblies.Failed + $suites.Failed
        Say "$($assemblies.Passed + $suites.Passed) passed, $failed failed, $($assemblies.Skipped + $suites.Skipped) skipped"
        $code = [int] ($failed -gt 0)
    }
    'demo' {
        Build-Module
        if ($Builders) { & "$root/tests/demo/demo.ps1" -Builders $Builders; break }
        $bed = @{ Up = $false; Own = $false; Reason = '' }
        try {
            Start-TestBed $bed
            if ($bed.Up) {
                Enter-TestBed
                & "$root/tests/demo/demo.ps1"
            }
            else {
                Say "The demo has no builders: $($bed.Reason)."
                Say 'Give it a machines file of your own: build.ps1 demo -Builders FILE'
                $code = 1
            }
        }
        finally { Stop-TestBed $bed }
    }
    'bench' {
        if ($Simulate) {
            Invoke-Project 'tests/benchmarks'
            $PSNativeCommandUseErrorActionPreference = $false
            dotnet "$root/tests/benchmarks/bin/Release/net10.0/NixRemote.Benchmarks.dll" --simulate
            $code = $LASTEXITCODE
            break
        }
        Build-Module
        Optimize-Module
        Invoke-Project 'tests/benchmarks'
        $arguments = @('--case', $Case) * [bool] $Case
        $bed = @{ Up = $false; Own = $false; Reason = '' }
        try {
            # Reading machines files needs no builders.
            if ($Case -ne 'machines-10000') {
                Start-TestBed $bed
                if (-not $bed.Up) { throw "The benchmarks need the test bed: $($bed.Reason)." }
            }
            $PSNativeCommandUseErrorActionPreference = $false
            dotnet "$root/tests/benchmarks/bin/Release/net10.0/NixRemote.Benchmarks.dll" --output "$out/bench.json" @arguments
            $code = $LASTEXITCODE
        }
        finally { Stop-TestBed $bed }
    }
    'pack' {
        Build-Module
        $version = (Test-ModuleManifest "$root/NixRemote.psd1").Version
        $package = "$out/NixRemote/$version"
        Remove-Folder $package
        $names = @('NixRemote.psd1', 'LICENSE', 'THIRD-PARTY-NOTICES.txt', 'README.md') +
            @((Get-FileName "$root/bin" '.dll', '.ps1xml', '.so', '.dylib').ForEach{ "bin/$_" }) +
            @((Get-FileName "$root/en-US" '.xml', '.txt').ForEach{ "en-US/$_" })
        Sync-Folder $root $names $package
        Say $package
    }
    'clean' {
        # The host that runs this stays.
        $running = [IO.Path]::GetFullPath([AppContext]::BaseDirectory)
        $folders = @("$root/bin", $out)
        foreach ($project in @([IO.Directory]::GetDirectories("$root/src")) + [IO.Directory]::GetDirectories("$root/tests")) {
            $folders += "$project/bin", "$project/obj"
        }
        foreach ($folder in $folders) {
            if ($running.StartsWith($folder + [IO.Path]::DirectorySeparatorChar)) { Say "kept, since it runs this: $folder"; continue }
            Remove-Folder $folder
        }
    }
}
exit $code
