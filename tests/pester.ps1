<#
.SYNOPSIS
    Runs the Pester suites under pwsh and writes "PASSED FAILED SKIPPED" to a file; zeros where there is no Pester 5.
#>
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $ResultPath)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module Pester -ListAvailable | Where-Object { $_.Version.Major -ge 5 })) {
    Set-Content $ResultPath '0 0 0' -NoNewline
    return
}

Import-Module Pester -MinimumVersion 5.0
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$result = Invoke-Pester -Configuration $configuration
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
Set-Content $ResultPath "$($result.PassedCount) $failed $($result.SkippedCount + $result.NotRunCount)" -NoNewline
