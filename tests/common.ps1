# For every Pester suite: the module as it was built, and the test bed if it is up.
# BeforeAll { . "$PSScriptRoot/common.ps1" }

$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../NixRemote.psd1" -Force

# What testbed.json tells of the test bed that is up; null if none is.
function Get-TestBed {
    $cache = $env:XDG_CACHE_HOME ? $env:XDG_CACHE_HOME : (Join-Path ([Environment]::GetFolderPath('UserProfile')) '.cache')
    $directory = $env:NIXREMOTE_TESTBED ? $env:NIXREMOTE_TESTBED : (Join-Path $cache 'nix-testbed')
    $file = Join-Path $directory 'testbed.json'
    if (Test-Path $file) { Get-Content $file -Raw | ConvertFrom-Json }
}

# Makes this process work as if it were on the test bed's client, or skips the test with the reason: BeforeEach { Enter-TestBed }
function Enter-TestBed {
    $bed = Get-TestBed
    if (-not $bed) { Set-ItResult -Skipped -Because 'no test bed is up: run tests/testbed/testbed.sh up as root'; return }
    $down = $bed.nodes | Where-Object { -not $_.pid -or -not (Test-Path "/proc/$($_.pid)") }
    if ($down) { Set-ItResult -Skipped -Because "these nodes of the test bed do not run: $($down.name -join ', ')"; return }
    foreach ($variable in $bed.environment.psobject.Properties) { [Environment]::SetEnvironmentVariable($variable.Name, $variable.Value) }
    $programs = Join-Path $bed.directory 'bin'
    if ($env:PATH -notlike "$programs*") { $env:PATH = $programs + [IO.Path]::PathSeparator + $env:PATH }
}

# An expression of a derivation that no store has seen.
function New-Expression([string] $Name, [string] $Script) {
    "derivation { name = `"$Name`"; system = builtins.currentSystem; builder = `"/bin/sh`"; args = [ `"-c`" `"$Script`" ]; " +
        "PATH = `"/usr/bin:/bin`"; nonce = `"$(New-Guid)`"; }"
}

# Evaluates it on the client.
function New-Derivation([string] $Name, [string] $Script) {
    nix-instantiate -E (New-Expression $Name $Script) 2>$null
}
