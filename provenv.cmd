@echo off
rem Start provenv from this checkout on Windows; bootstrap.py sets it up and runs it.
setlocal
set "here=%~dp0"
set "here=%here:~0,-1%"
set "private=%LOCALAPPDATA%\provenv\Cache\checkouts\%here::=%\.provenv"
if defined PROVENV_CACHE_DIR set "private=%PROVENV_CACHE_DIR%\checkouts\%here::=%\.provenv"
where py >nul 2>nul && (py -3 -I "%here%\bootstrap.py" "%here%" "%private%" %* & exit /b)
python -I "%here%\bootstrap.py" "%here%" "%private%" %*
