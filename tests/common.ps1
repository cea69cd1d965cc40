# For every Pester suite: the module as it was built, and the test bed if it is up.
# BeforeAll { . "$PSScriptRoot/common.ps1" }

$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../NixRemote.psd1" -Force

# What testbed.json tells of the test bed that is up; null if none is. For a suite: -Skip:(-not (Get-TestBed))
function Get-TestBed {
    $cache = $env:XDG_CACHE_HOME ? $env:XDG_CACHE_HOME : (Join-Path ([Environment]::GetFolderPath('UserProfile')) '.cache')
    $directory = $env:NIXREMOTE_TESTBED ? $env:NIXREMOTE_TESTBED : (Join-Path $cache 'nix-testbed')
    $file = Join-Path $directory 'testbed.json'
    if (Test-Path $file) { Get-Content $file -Raw | ConvertFrom-Json }
}
