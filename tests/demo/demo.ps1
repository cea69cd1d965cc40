<#
.SYNOPSIS
    Shows NixRemote at work, on the test bed (whose environment build.ps1 has set) or on builders of your own.
#>
[CmdletBinding()]
param(
    # A machines file of your own.
    [string] $Builders
)

$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../../NixRemote.psd1"

$configured = $Builders ? (Get-NixBuilder -Path $Builders) : (Get-NixBuilder)
$configured
