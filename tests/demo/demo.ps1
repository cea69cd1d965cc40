<#
.SYNOPSIS
    Shows NixRemote at work: builds diamond.nix on real builders and lets Nix itself verify what came home.
.DESCRIPTION
    On the test bed, whose environment build.ps1 has set, over both protocols; or on builders of your own.
#>
[CmdletBinding()]
param(
    # A machines file of your own.
    [string] $Builders
)

$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../../NixRemote.psd1"

$source = "$PSScriptRoot/diamond.nix"
if ($Builders) {
    $ssh = @{}
    $rounds = , @{ Title = $Builders; File = $Builders; Spread = 'false' }
}
else {
    # Evaluation happens on the test bed's client, which sees this folder at the same path.
    $bed = $env:NIXREMOTE_TESTBED
    [IO.File]::Copy($source, "$bed/share/diamond.nix", $true)
    $source = "$bed/share/diamond.nix"
    $ssh = @{ SshConfigFile = "$bed/ssh_config" }
    $rounds = @{ Title = 'ssh:// (the serve protocol)'; File = "$bed/machines"; Spread = 'true' },
              @{ Title = 'ssh-ng:// (the worker protocol)'; File = "$bed/machines-ng"; Spread = 'true' }
}

foreach ($round in $rounds) {
    ''
    "=== $($round.Title)"
    ''
    'PS> $machines = Get-NixBuilder -Path machines; $machines'
    $machines = Get-NixBuilder -Path $round.File
    $machines | Out-Default
    'PS> $machines | Test-NixBuilder'
    $machines | Test-NixBuilder @ssh | Out-Default
    'PS> Invoke-NixRemoteBuild -Expression ''import ./diamond.nix { ... }'' -Attribute top -Builder $machines -InformationAction Continue'
    $nonce = [Guid]::NewGuid().ToString('N')
    $results = Invoke-NixRemoteBuild -Expression "import $source { nonce = `"$nonce`"; spread = $($round.Spread); }" -Attribute top `
        -Builder $machines -InformationAction Continue @ssh
    $results | Out-Default
    foreach ($result in $results) {
        if (-not $result.Success) { throw "$($result.DerivationPath) was not built." }
        foreach ($output in $result.Outputs.Values) {
            & nix-store --verify-path "$output"
            if ($LASTEXITCODE -ne 0) { throw "Nix says that $output is not valid." }
            "nix-store --verify-path: $output is valid in the local store"
        }
    }
}
